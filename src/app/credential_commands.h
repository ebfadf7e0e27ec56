// app/credential_commands: makes of a key or a password what a config may hold.
//
// Reads   one line from standard input: a secret in a flag would stand in the list of processes and
//         in the shell's history.
#pragma once

namespace gatehouse {

int print_key_digest();
int print_password_hash();

}  // namespace gatehouse
