// base/installation_key: the one secret of an installation from which every stable hash is made.
//
// Holds    16 random bytes in a file of mode 0600 in the data folder, made once. Who copies it to
//          another machine gets the same hashes there (`replay --key-file`).
// Errors   a file of another size, or one that others may read, is refused with the mend; it is
//          never written over.
#pragma once

#include <string>

#include "base/error.h"
#include "base/stable_hash.h"

namespace gatehouse {

[[nodiscard]] Result<HashKey> load_or_create_hash_key(const std::string& path);
[[nodiscard]] Result<HashKey> load_hash_key(const std::string& path);

}  // namespace gatehouse
