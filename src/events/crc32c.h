// events/crc32c: the checksum of a journal frame (Castagnoli; as iSCSI, RFC 3720).
//
// The processor's own instruction where it has one, a table otherwise; both give the same bits.
#pragma once

#include <cstdint>
#include <span>

namespace gatehouse {

std::uint32_t crc32c(std::span<const char> bytes);

// The slow twin, for tests and for processors without the instruction.
std::uint32_t crc32c_by_table(std::span<const char> bytes);

}  // namespace gatehouse
