// gateway/upstream_declaration: everything that makes an upstream what it is, as one text.
//
// Two upstreams whose texts are equal may share a pool, so a reload carries it over; the files that
// the config names count by what they hold. Made off the workers, once a reload.
#pragma once

#include <string>

#include "config/upstream_config.h"
#include "http/http1_head.h"

namespace gatehouse {

std::string declaration_of(const UpstreamConfig& upstream, const HeadLimits& heads);

}  // namespace gatehouse
