#include "config/codes.h"

#include <fmt/format.h>

namespace gatehouse {
namespace {

constexpr CodePage kCodes[] = {
    {"E0101", "not YAML",
     "The text can't be read as YAML: a quote or bracket is open, a line doesn't line up, a tab "
     "stands in the indentation, or a sign stands where none can.",
     "Mend the line shown or the one above it. Indent with blanks. Quote a value that holds `: `, "
     "` #`, or that begins with `*`, `&`, `{`, `[`, `!`, `%`, `@` or a backtick."},
    {"E0102", "not text in UTF-8",
     "The file holds a byte that is no text in UTF-8, or a control "
     "character.",
     "Save the file as UTF-8 and remove the character."},
    {"E0103", "not one map",
     "A config is one YAML document that holds a map; the file is empty, holds something else, or "
     "holds a second document.",
     "Begin with `gatehouse: 1` and remove `---` lines. `gatehouse init` writes a file to start "
     "from."},
    {"E0104", "tag or key that isn't understood",
     "A value has a YAML tag such as `!!str`, or a key is not a word.",
     "Remove the tag: each setting knows its own type. Quote the key."},
    {"E0105", "too large",
     "A file has more bytes, levels, values or aliases, or a config more files, than the gate "
     "takes.",
     "Split the file with `include`, remove levels, and write values out where aliases repeat "
     "them."},
    {"E0106", "alias inside its own value",
     "An alias such as `*name` stands inside the value that "
     "`&name` names, which has no end.",
     "Write the value out."},
    {"E0107", "file included twice",
     "A file includes itself, through others perhaps, or two files include it.",
     "Include each file once, from one place."},
    {"E0201", "missing key", "A part lacks a setting that it can't do without.",
     "Add the key that is named."},
    {"E0202", "key that stands twice",
     "One map holds the same key twice, or two files hold the same name.",
     "Remove one of them; both places are named."},
    {"E0203", "unknown key",
     "The key is no setting of this part. Unknown keys are errors, since one that is mistyped "
     "would "
     "otherwise be obeyed by nobody.",
     "Take the key that is offered, or remove the line."},
    {"E0301", "value of another type",
     "The value is not of the type that the setting has. `yes` and `no` are text, and a duration "
     "needs its unit.",
     "Write a value such as the one shown: `30s` a duration, `10MiB` a size, `100/s` a rate, "
     "`127.0.0.1:8080` an address."},
    {"E0302", "value out of range",
     "The value is under the least or over the most that is allowed.",
     "Set it to the bound that is named, or remove the line to use the default."},
    {"E0303", "key without a value", "A key stands alone, or its value is `null` or `~`.",
     "Write a value, or remove the line to use the default."},
    {"E0304", "word that isn't one of those allowed", "The setting takes one of a few words.",
     "Write one of the words that are named."},
    {"E0305", "two values that contradict each other",
     "A least is over its most, or a part is larger than the whole that it must fit into.",
     "Change one of the two."},
    {"E0306", "not a name",
     "A name may hold letters, digits, `-`, `_` and `.`, and at most 64 of "
     "them, since it stands in metrics and events.",
     "Change the name here and wherever it is used."},
    {"E0307", "not a target or path",
     "A target lacks its host or its port, or a path doesn't begin with `/`.",
     "Write the target as `host:port`, the path from its `/`."},
    {"E0308", "certificates are not verified",
     "With `verify: false` anyone between the gate and the target can read and change requests.",
     "Remove `verify: false`, and name your own roots with `ca` where they are private."},
    {"E0309", "empty list", "The list must hold something.", "Add one."},
    {"E0401", "not a match", "The methods or the path of a route can't be read.",
     "Write methods in capitals with `|` between them, then a path: `GET|POST /orders/{id}`, "
     "`/files/*`."},
    {"E0402", "not a host", "A host of an api can't be read.",
     "Write labels with dots between them, without a port: `shop.example`, `*.shop.example`, "
     "`{tenant}.shop.example`."},
    {"E0403", "two routes for one request",
     "Two routes match the same requests, so that one of them is asked less than it says, or "
     "never. "
     "Names in braces don't tell routes apart.",
     "Remove one of the routes, or give it another host, path or method."},
    {"E0404", "captured names that disagree",
     "The hosts of an api capture different names, host and path capture the same one, or a route "
     "captures more than 16.",
     "Capture the same names in every host, rename one, or end the path with `{rest*}`."},
    {"E0405", "routes that cost too much",
     "The routes branch so often that finding one could take more steps than a request may cost.",
     "Use fewer paths in which text and `{name}` alternate at the same place."},
    {"E0410", "name in braces that nothing captures",
     "A template is filled with what the match, or every host of the api, captures in braces.",
     "Add the name to the match, or correct it in the template."},
    {"E0411", "not a template", "A path or a value with names in braces can't be read.",
     "Close each brace, and write a name of letters, digits, `_` and `-` in it."},
    {"E0412", "kind of policy that isn't there",
     "A policy names a kind that the gate doesn't have.",
     "Choose one of the kinds that are offered."},
    {"E0420", "key that can't be used",
     "A key or a set of keys is broken, too weak or too large, or holds nothing that can check a "
     "signature.",
     "Export it again as a JSON Web Key Set (RFC 7517), with RSA keys of at least 2048 bits and "
     "secrets of at least 32 random bytes."},
    {"E0421", "name that isn't there",
     "A route names a policy or an upstream that no file declares.",
     "Take the name that is offered, or declare the part."},
    {"E0422", "address taken twice",
     "Two listeners, or a listener and admin, have one address, or one has a single address of a "
     "port on which the other has every address.",
     "Give each its own address or port."},
    {"E0423", "two parts of one name", "Two apis, or two routes of an api, have the same name.",
     "Give each its own name. A route without `name` is named by its match."},
    {"E0424", "backend that is not one thing",
     "A backend is `http`, `mock` or `decoy`; this one is several or none.",
     "Leave one of them, or add `http: UPSTREAM`."},
    {"E0425", "part that nobody uses",
     "No route names the upstream or the policy, or no detector reads the feature.",
     "Remove it, or name it in a route or a detector."},
    {"E0426", "example of a decoy that can't be used",
     "An example is no text of JSON, is too large, or there are too many.",
     "Write at most 16 texts of JSON of at most 16 KiB, each with a member's name only once."},
    {"E0427", "field that a policy may not set",
     "The name is no field's name, or one that the gate itself reads or writes.",
     "Take a name of your own, such as `X-User-Id`."},
    {"E0428", "digest of a key that isn't one",
     "A key is kept as `sha256:` and the 64 hex digits of its SHA-256, and no two entries may be "
     "of "
     "one key.",
     "Make the digest with `gatehouse key hash`, which reads the key from standard input."},
    {"E0429", "hash of a password that can't be used",
     "The hash is of a kind that is too fast, would take too long, or is damaged; or a line of a "
     "file of users is not `NAME:HASH`.",
     "Make the hash with `gatehouse password hash`, which reads the password from standard input; "
     "bcrypt by `htpasswd -nB NAME` does as well."},
    {"E0430", "not an expression",
     "The expression can't be read: a sign or word stands where it can't, something that was "
     "opened isn't closed, or the text ends too early.",
     "Mend what the carets show. docs/expressions.md has the language on one page."},
    {"E0431", "expression that is too large",
     "The expression is longer, nested deeper, or has more parts than the gate takes.",
     "Split it, or move a long list into the config."},
    {"E0432", "literal that can't be read",
     "A number is out of the range of its type, or text in quotes holds an escape that means "
     "nothing.",
     "Write a number within the range, `\\\\` for a backslash, or a raw text such as "
     "r\"\\d+\"."},
    {"E0433", "name that expressions of this place don't have",
     "Nothing of this name can be read here.",
     "Take the name that is offered, or one of those that are listed."},
    {"E0434", "function that isn't there",
     "The language has no such function, or has it only in the other form: x.f() or f(x).",
     "Take the one that is offered."},
    {"E0435", "types that don't go together",
     "An operator or a function can't take values of these types. Nothing is converted by itself.",
     "Convert one of them, as in int(x) or string(x), or compare with a value of the same type."},
    {"E0436", "function that isn't used so",
     "The function or macro takes another number of arguments, or arguments of another form.",
     "Write it as the message shows."},
    {"E0437", "text that isn't what it must be",
     "A text in the expression must be an address, a network, a duration, a time or a regular "
     "expression, and isn't.",
     "Write it as in the example that the message gives."},
    {"E0438", "expression of another type",
     "The expression gives a value of one type where another is needed: a condition gives a bool.",
     "Compare the value with something, or convert it."},
    {"E0439", "expression that failed",
     "The expression was sound, and could not be evaluated with the values of this time.",
     "Ask has() whether a value is there, and keep divisors and indexes within bounds."},
    {"E0501", "file that can't be read",
     "The file isn't there, isn't a plain file, is too large, or may not be read by the user that "
     "the gate runs as.",
     "Correct the path, which is taken from the folder of the file that names it, or the file's "
     "permissions."},
    {"E0502", "variable that is not set",
     "A value takes in `${env:NAME}`, and the environment of the gate has no such variable.",
     "Set the variable, or give a default: `${env:NAME:-default}`."},
    {"E0503", "file of a secret that can't be read",
     "A value takes in `${file:PATH}`, and the file can't be read or has more than 64 KiB.",
     "Correct the path or the file's permissions."},
    {"E0504", "secret in the file itself",
     "A secret stands in the config, where backups, reviews and screens will show it.",
     "Move it out, and write `${env:NAME}` or `${file:/path}` in its place."},
    {"E0505", "reference that isn't understood",
     "`${…}` names neither a variable nor a file, or is not closed.",
     "Write `${env:NAME}`, `${env:NAME:-default}` or `${file:/path}`; `$${` stands for a plain "
     "`${`."},
    {"E0506", "not the PEM that is needed",
     "The file holds no certificate or no private key in PEM, or their text stands where a path "
     "belongs.",
     "Name a file in PEM. A key begins with a line `-----BEGIN PRIVATE KEY-----` or one like it."},
    {"E0601", "address that can't be listened on",
     "It is no address of this machine, somebody listens there already, or its port needs more "
     "rights.",
     "Choose an address of this machine and a free port that the gate's user may use."},
    {"E0602", "socket that can't be listened on",
     "The path of the command line's socket can't be made, or holds a file of another kind.",
     "Name a path in a folder that the gate's user may write to."},
    {"E0603", "no descriptors left", "The process may not open as many files as it needs.",
     "Raise the limit of open files (`ulimit -n`)."},
    {"E0611", "certificate chain that can't be used",
     "The file holds no certificate that the gate can show.",
     "Name a readable PEM file with the leaf certificate first."},
    {"E0612", "key that doesn't fit",
     "The file holds no private key, or one of another certificate, or is encrypted.",
     "Name the readable, unencrypted PEM key that belongs to the certificate."},
    {"E0613", "TLS without a certificate", "A listener speaks TLS and has nothing to show.",
     "Add a certificate with `cert` and `key`."},
    {"E0614", "roots that can't be used",
     "The file of trusted certificates of an upstream holds none, or the machine has no store.",
     "Name a readable PEM file with the certificates to trust."},
    {"E0621", "name server that isn't one", "A name server is no literal address with a port.",
     "Write an address and a port, as in `192.0.2.53:53`."},
    {"E0622", "resolver that can't start", "The machine's own name servers can't be read.",
     "See that /etc/resolv.conf can be read, or name servers under `resolver`."},
    {"E0623", "too many names", "The targets have more names than the resolver watches.",
     "Name fewer targets, or write some as addresses."},
    {"E0701", "journal that can't be written",
     "The folder of the journal can't be made, read or written, or its disk is full.",
     "Make room, or correct the folder's permissions; the gate goes on and tries again."},
    {"E0702", "journal of another gate", "Another process writes the journal in this folder.",
     "Stop that gate, or give this one a data folder of its own."},
    {"E0710", "key file that can't be used",
     "The installation's key can't be read, has another size, or may be read by others.",
     "Restore it from a copy with mode 0600; without it, names in the journal can't be found "
     "again."},
    {"E0720", "access log that can't be written",
     "The file of the access log can't be opened or written, or its disk is full.",
     "Make room, or correct the folder's permissions; the gate goes on, and counts what is lost."},
    {"E0801", "event history that can't be written",
     "The database of events can't be made, read or written, or its disk is full.",
     "Make room, or correct the folder's permissions; the gate goes on, and what the journal holds "
     "is taken later."},
    {"E0802", "event history of another process", "Another process has the database open.",
     "Stop that gate, or give this one a data folder of its own."},
    {"E0803", "event history that is broken",
     "The file is no database any more. It is set aside under a name that ends in `.broken`.",
     "See whether the disk is sound. A new history is filled from the journal by itself."},
    {"E0804", "event history of another version",
     "The library of DuckDB, or the program that wrote the file, is of another version.",
     "Put the libduckdb.so that came with this program beside it, or start the newer program."},
    {"E0805", "question that took too long",
     "The question was ended before it was answered, by time or by its asker.",
     "Ask for a shorter time with `--since`, or raise `store.query_time`."},
    {"E0806", "question that needs too much memory",
     "The answer would take more memory than the history may use.",
     "Ask for a shorter time with `--since`, group by fewer fields, or raise `store.memory`."},
    {"E0807", "question that isn't understood",
     "The question names a field that isn't there, or a time, number or filter that can't be read.",
     "Correct what the message marks; docs/history.md has the fields."},
    {"E0808", "event history that can't answer",
     "The database is not open: it is switched off, is being closed, or fails.",
     "See the log for why; `gatehouse journal cat` reads the journal meanwhile."},
    {"E0811", "records that can't be written",
     "The database of tokens, audit and verdicts by hand can't be opened or written, or its disk "
     "is "
     "full.",
     "Make room, or correct the folder's permissions; until then changes are refused, and the gate "
     "goes on."},
    {"E0812", "records that are broken",
     "The file is no database any more. At the start it is set aside under a name that ends in "
     "`.broken`.",
     "See whether the disk is sound. Verdicts by hand come back from the journal; make new "
     "tokens."},
    {"E0813", "records of a newer program", "A newer version wrote the file.",
     "Start the newer program; what can't be read is left alone."},
    {"E0814", "verdict that the journal can't take",
     "The journal can't be written, so a restart would forget the verdict.",
     "Make room on the disk, or see the log for what else stops the journal; then set it again."},
    {"E0901", "token that is wanted",
     "The admin API was asked without a token, or with one that nobody has, that was revoked, or "
     "that has ended.",
     "Make one with `gatehouse token create` and send it as `Authorization: Bearer ghk_…`."},
    {"E0902", "token without the scope", "The token may not do this.",
     "Ask with a token that has the scope that the message names."},
    {"E0903", "too many wrong tokens",
     "More wrong tokens came from one address than a minute may "
     "have. A right one is still let in.",
     "Find what sends the old token; try again when the minute is over."},
    {"E0904", "call that isn't understood",
     "The path, a parameter or the content is none that the operation takes.",
     "Correct what the message names; /v1/openapi.json describes every operation."},
    {"E0905", "thing that isn't there", "No path, token or verdict of that name is there.",
     "List what there is."},
    {"E0906", "no room for a further call", "Too many calls wait for the records.",
     "Ask again later."},
    {"E0907", "too many verdicts by hand", "As many stand as the gate holds.",
     "Clear some, or put addresses into the list of a policy `ip_list`."},
    {"E0908", "engine that is behind",
     "The engine is asked between two batches of records and gave no answer within two seconds: it "
     "reads what happened before the start, has fallen behind, or is asked by too many.",
     "Ask again later; `gatehouse_engine_last_sequence` in /metrics says how far it is."},
};

}  // namespace

std::span<const CodePage> all_codes() { return kCodes; }

const CodePage* find_code(std::string_view code) {
  for (const CodePage& one : kCodes) {
    if (one.code == code) return &one;
  }
  return nullptr;
}

std::string code_page(std::string_view code) {
  const CodePage* const found = find_code(code);
  if (found == nullptr) return {};
  return fmt::format("{}: {}\n\n{}\n\nWhat to do: {}\n", found->code, found->title, found->cause,
                     found->mend);
}

}  // namespace gatehouse
