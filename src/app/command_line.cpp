#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/credential_commands.h"
#include "app/explain_command.h"
#include "app/gate_commands.h"
#include "app/help_pages.h"
#include "app/history_commands.h"
#include "app/journal_commands.h"
#include "app/records_commands.h"
#include "app/replay_command.h"
#include "app/terminal.h"
#include "app/version.h"
#include "app/why_commands.h"
#include "base/nearest.h"
#include "config/units.h"

namespace gatehouse {
namespace {

// Examples first: who asks for help wants a line to copy.
class HelpText final : public CLI::Formatter {
 public:
  HelpText() { column_width(26); }
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    return app->get_description() + "\n\n" + app->get_footer() + make_usage(app, std::move(name)) +
           make_positionals(app) + make_groups(app, mode) + make_subcommands(app, mode);
  }
};

std::string examples(std::initializer_list<std::string_view> lines) {
  std::string text = "Examples:\n";
  for (const std::string_view line : lines) text.append("  gatehouse ").append(line).append("\n");
  return text + '\n';
}

// What the words said, until the command runs.
struct Asked {
  std::string file = "gatehouse.yaml";
  std::string from, to, topic, run_data;
  std::string output;
  GatePlace place;
  std::string since;
  ReplayWords replay;
  EventsQuestion events;
  EventsRequest request;
  RequestQuestion explained;
  VerdictWords verdict;
  TokenWords token;
  std::uint64_t audit_rows = 100;
  WhyWords why;
  std::function<int()> command;
};

class CommandLine {
 public:
  CommandLine() {
    app_.formatter_fn(
        [text = HelpText()](const CLI::App* of, std::string name, CLI::AppFormatMode mode) {
          return text.make_help(of, std::move(name), mode);
        });
    app_.footer(examples({"run --from :8080 --to http://127.0.0.1:3000", "init && gatehouse run",
                          "check gatehouse.yaml", "events --limit 10 -o table", "help E0203"}));
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "gatehouse " + std::string(kVersion));
    add_gate_commands();
    add_asking_commands();
    add_risk_commands();
    add_verdict_commands();
    add_token_commands();
    add_journal_commands();
    add_replay_command();
    add_credential_commands();
    add_explain_commands();
    add_help_commands();
  }

  int run(int argc, char** argv) {
    if (argc < 2) {
      fmt::print(stderr, "{}", app_.help());
      return kExitUsage;
    }
    if (const int wrong = unknown_word(argc, argv); wrong != kExitOk) return wrong;
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // help and version
      return complain(kExitUsage, error.what(), "see `" + path_of(argc, argv) + " --help`");
    }
    return asked_.command();
  }

 private:
  static CLI::App* child(CLI::App& of, std::string_view word) {
    for (CLI::App* const one : of.get_subcommands([](const CLI::App*) { return true; })) {
      if (one->get_name() == word) return one;
    }
    return nullptr;
  }

  // The command that the words name, for hints.
  std::string path_of(int argc, char** argv) {
    std::string path = "gatehouse";
    CLI::App* at = &app_;
    for (int i = 1; i < argc && (at = child(*at, argv[i])) != nullptr; ++i) {
      path.append(" ").append(argv[i]);
    }
    return path;
  }

  // A mistyped command gets the nearest one named.
  int unknown_word(int argc, char** argv) {
    CLI::App* at = &app_;
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const auto children = at->get_subcommands([](const CLI::App*) { return true; });
      if (children.empty() || word.starts_with('-')) return kExitOk;
      CLI::App* const next = child(*at, word);
      if (next == nullptr) {
        std::vector<std::string> names;
        for (const CLI::App* const one : children) names.push_back(one->get_name());
        const std::vector<std::string_view> known(names.begin(), names.end());
        const std::string_view near = nearest(word, known);
        return complain(
            kExitUsage, fmt::format("`{}` is not a command", word),
            near.empty() ? "see `gatehouse help`" : fmt::format("did you mean `{}`?", near));
      }
      at = next;
    }
    return kExitOk;
  }

  CLI::App& command(CLI::App& of, const char* name, const char* what, std::string footer,
                    std::function<int()> run) {
    CLI::App* const made = of.add_subcommand(name, what);
    made->footer(std::move(footer));
    if (run) {
      made->callback([this, run = std::move(run)] { asked_.command = run; });
    } else {
      made->require_subcommand(1);
    }
    return *made;
  }

  void output(CLI::App& of, std::vector<std::string> formats) {
    of.add_option("-o,--output", asked_.output, "form of the output")
        ->check(CLI::IsMember(formats))
        ->default_val(formats.front());
  }
  void data(CLI::App& of) {
    of.add_option("--data", asked_.place.data, "the gate's data folder")->capture_default_str();
  }
  void place(CLI::App& of) {
    data(of);
    of.add_option("--socket", asked_.place.socket, "the gate's socket, if not in that folder");
  }

  void add_gate_commands() {
    CLI::App& run = command(app_, "run", "start the gate",
                            examples({"run", "run /etc/gatehouse/gatehouse.yaml",
                                      "run --from :8080 --to http://127.0.0.1:3000"}),
                            [this] { return run_command(); });
    CLI::Option* const file =
        run.add_option("FILE", asked_.file, "the config")->capture_default_str();
    CLI::Option* const from = run.add_option("--from", asked_.from, "address to listen on");
    CLI::Option* const to = run.add_option("--to", asked_.to, "service to send requests to");
    CLI::Option* const folder = run.add_option(
        "--data", asked_.run_data,
        "with --from: folder to keep events in; without it they go when the gate ends");
    from->needs(to)->excludes(file);
    to->needs(from);
    folder->needs(from);
    CLI::App& check =
        command(app_, "check", "read a config and say all that is wrong with it",
                examples({"check", "check gatehouse.yaml -o sarif > findings.sarif"}), [this] {
                  return check_config(asked_.file, asked_.output == "json"    ? CheckOutput::json
                                                   : asked_.output == "sarif" ? CheckOutput::sarif
                                                                              : CheckOutput::text);
                });
    check.add_option("FILE", asked_.file, "the config")->capture_default_str();
    output(check, {"text", "json", "sarif"});
    command(app_, "init", "write a first config, commented",
            examples({"init", "init shop.yaml && gatehouse check shop.yaml"}),
            [this] { return write_starter(asked_.file); })
        .add_option("FILE", asked_.file, "where to")
        ->capture_default_str();
  }

  int run_command() {
    if (asked_.from.empty()) return run_gate(asked_.file);
    return run_gate_from_flags(asked_.from, asked_.to, asked_.run_data);
  }

  void add_asking_commands() {
    place(command(app_, "reload", "make the running gate read its config anew",
                  examples({"reload", "reload --data /var/lib/gatehouse"}),
                  [this] { return reload_gate(asked_.place); }));
    CLI::App& status = command(
        app_, "status", "what the running gate does", examples({"status", "status -o json"}),
        [this] { return show_status(asked_.place, asked_.output == "json"); });
    place(status);
    output(status, {"table", "json"});
  }

  bool as_json() const { return asked_.output == "json"; }

  void add_risk_commands() {
    CLI::App& why = command(app_, "why", "why somebody is at his level: every line of his points",
                            examples({"why user:ann", "why address:203.0.113.7 -o json"}),
                            [this] { return explain_risk(asked_.place, asked_.why, as_json()); });
    why.add_option("ENTITY", asked_.why.subject,
                   "address:203.0.113.7, user:NAME, app:NAME or token:DIGEST")
        ->required();
    CLI::App& notable = command(app_, "notable", "who has points, most first",
                                examples({"notable", "notable --limit 5 -o json"}), [this] {
                                  return list_notable_subjects(asked_.place, asked_.why, as_json());
                                });
    notable.add_option("--limit", asked_.why.rows, "how many")->capture_default_str();
    for (CLI::App* const one : {&why, &notable}) {
      place(*one);
      output(*one, {"table", "json"});
    }
  }

  void add_verdict_commands() {
    CLI::App& verdict = command(
        app_, "verdict", "what stands about callers",
        examples({"verdict list", "verdict set address:203.0.113.7 block --for 1h"}), nullptr);
    CLI::App& list = command(verdict, "list", "the verdicts that stand, soonest to end first",
                             examples({"verdict list", "verdict list -o json"}),
                             [this] { return list_verdicts(asked_.place, as_json()); });
    CLI::App& set =
        command(verdict, "set", "set one by hand, in place of what stands",
                examples({"verdict set address:203.0.113.7 block --for 1h --reason 'scans us'",
                          "verdict set user:ann allow --until 2026-12-24"}),
                [this] { return set_verdict_by_hand(asked_.place, asked_.verdict, as_json()); });
    CLI::App& clear =
        command(verdict, "clear", "end the one that stands, whoever set it",
                examples({"verdict clear address:203.0.113.7"}),
                [this] { return clear_verdict_by_hand(asked_.place, asked_.verdict, as_json()); });
    for (CLI::App* const one : {&set, &clear}) {
      one->add_option("SUBJECT", asked_.verdict.subject,
                      "address:203.0.113.7, user:NAME, app:NAME or token:DIGEST")
          ->required();
    }
    set.add_option("LEVEL", asked_.verdict.level, "allow, watch, slow, challenge, trap or block")
        ->required();
    CLI::Option* const length =
        set.add_option("--for", asked_.verdict.length, "how long it stands, as in 1h or 30d");
    set.add_option("--until", asked_.verdict.until, "or until when")->excludes(length);
    set.add_option("--reason", asked_.verdict.reason, "why, in a line");
    for (CLI::App* const one : {&list, &set, &clear}) {
      place(*one);
      output(*one, {"table", "json"});
    }
  }

  void add_token_commands() {
    CLI::App& token =
        command(app_, "token", "tokens of the admin API",
                examples({"token create deploy --scope verdicts:write", "token list"}), nullptr);
    CLI::App& create = command(
        token, "create", "make one; its secret is printed once",
        examples({"token create deploy --scope verdicts:read,verdicts:write --for 30d > token",
                  "token create console --scope all"}),
        [this] { return create_api_token(asked_.place, asked_.token, as_json()); });
    create.add_option("NAME", asked_.token.name, "whom it is for")->required();
    create.add_option("--scope", asked_.token.scopes, "what it may do, with commas between")
        ->required()
        ->delimiter(',');
    create.add_option("--for", asked_.token.length, "how long it stands; 90d by default");
    CLI::App& list =
        command(token, "list", "all of them, without secrets", examples({"token list -o json"}),
                [this] { return list_api_tokens(asked_.place, as_json()); });
    CLI::App& revoke =
        command(token, "revoke", "end one at once, for good", examples({"token revoke 3"}),
                [this] { return revoke_api_token(asked_.place, asked_.token, as_json()); });
    revoke.add_option("ID", asked_.token.id, "its number in the list")->required();
    CLI::App& audit =
        command(app_, "audit", "who changed what", examples({"audit list --limit 20"}), nullptr);
    CLI::App& rows = command(audit, "list", "the changes that were asked for, newest first",
                             examples({"audit list --limit 20", "audit list -o json"}), [this] {
                               return list_audit_rows(asked_.place, asked_.audit_rows, as_json());
                             });
    rows.add_option("--limit", asked_.audit_rows, "how many")->capture_default_str();
    for (CLI::App* const one : {&create, &list, &revoke, &rows}) {
      place(*one);
      output(*one, {"table", "json"});
    }
  }

  int print_records(bool all_kinds) {
    asked_.events.journal = asked_.place.journal();
    asked_.events.since = 0;
    if (!asked_.since.empty()) {
      const auto number = parse_whole(asked_.since);
      if (!number) {
        return complain(kExitUsage, fmt::format("`{}` is not the number of a record", asked_.since),
                        "`gatehouse events` without --follow takes times too");
      }
      asked_.events.since = *number;
    }
    asked_.events.all_kinds = asked_.events.all_kinds || all_kinds;
    asked_.events.as_table = asked_.output == "table";
    return print_events(asked_.events);
  }

  int follow_events() {
    const HistoryQuestion& question = asked_.request.question;
    if (!question.group_by.empty() || !question.until.empty() || asked_.output == "csv" ||
        asked_.output == "json") {
      return complain(kExitUsage, "--follow takes no group or end, and gives lines",
                      "use it with a filter, --since, --limit and -o ndjson or table");
    }
    std::unique_ptr<EventFilter> filter;
    if (!question.filter.empty()) {
      auto read = EventFilter::read(question.filter);
      if (!read) return complain_of_filter(read.error(), question.filter);
      filter = *std::move(read);
    }
    asked_.events.filter = filter.get();
    return print_records(false);
  }

  int ask_events() {
    if (asked_.events.follow) return follow_events();
    asked_.request.question.since = asked_.since;
    asked_.request.question.all = asked_.events.all_kinds ? "1" : "";
    asked_.request.limit = asked_.events.limit;
    asked_.request.output = asked_.output == "table"  ? EventsOutput::table
                            : asked_.output == "json" ? EventsOutput::json
                            : asked_.output == "csv"  ? EventsOutput::csv
                                                      : EventsOutput::ndjson;
    return print_history(asked_.place, asked_.request);
  }

  void reading(CLI::App& of, const std::string& since) {
    of.add_option("--since", asked_.since, since);
    of.add_option("--limit", asked_.events.limit, "the last ones; with --since the first ones")
        ->check(CLI::Range(std::uint64_t{1}, kEventsLimitMax));
    of.add_flag("-f,--follow", asked_.events.follow, "go on with what comes");
  }

  void add_journal_commands() {
    CLI::App& events = command(
        app_, "events", "requests that ended, from the event history",
        examples({"events --limit 20 -o table", "events --follow | jq .url",
                  "events \"client.address in cidr('10.0.0.0/8')\" --follow -o table",
                  "events 'http.response.status_code >= 500' --since 1h",
                  "events --since 1h --group-by client.ip,http.response.status_code -o table",
                  "events --since 2026-11-24 --until 2026-11-25 -o csv > day.csv"}),
        [this] { return ask_events(); });
    place(events);
    output(events, {"ndjson", "table", "json", "csv"});
    HistoryQuestion& question = asked_.request.question;
    reading(events, "age (1h), time (2026-11-24T21:45:34Z) or number of the first");
    events.add_option("FILTER", question.filter,
                      "condition on the fields: 'http.response.status_code >= 500'");
    events.add_option("--until", question.until, "age or time before which to end");
    events.add_option("--group-by", question.group_by,
                      "count by these fields, with commas between: client.ip,url.path");
    events.add_flag("--all", asked_.events.all_kinds, "records of all kinds, not requests alone");
    CLI::App& journal = command(app_, "journal", "the files that hold every record",
                                examples({"journal stat", "journal verify"}), nullptr);
    CLI::App& stat = command(
        journal, "stat", "how much is there, by kind",
        examples({"journal stat", "journal stat -o json"}),
        [this] { return print_journal_stat(asked_.place.journal(), asked_.output == "json"); });
    data(stat);
    output(stat, {"table", "json"});
    data(command(journal, "verify", "read every record; 1 if one is damaged or out of order",
                 examples({"journal verify --data /var/lib/gatehouse"}),
                 [this] { return verify_journal(asked_.place.journal()); }));
    CLI::App& cat = command(journal, "cat", "all records, of every kind",
                            examples({"journal cat --since 1000 --limit 50"}),
                            [this] { return print_records(true); });
    data(cat);
    output(cat, {"ndjson", "table"});
    reading(cat, "number of the first record");
  }

  void add_replay_command() {
    CLI::App& replay = command(
        app_, "replay", "read journals again and print what becomes of them",
        examples({"replay --data /var/lib/gatehouse", "replay old/ new/ --key-file hash.key",
                  "replay journal/00000000000000000001.ghj --changes"}),
        [this] { return print_replay(asked_.replay, asked_.place, asked_.output == "json"); });
    data(replay);
    output(replay, {"table", "json"});
    replay.add_option("PATH", asked_.replay.paths,
                      "folders or files, merged by time; the data folder's journal by default");
    replay.add_option("--key-file", asked_.replay.key_file,
                      "key of the installation that they come from");
    replay.add_flag("--changes", asked_.replay.lists_changes, "each change of a verdict, too");
  }

  void add_credential_commands() {
    CLI::App& key = command(app_, "key", "keys of apps, for the policy `api_key`",
                            examples({"key hash < key.txt"}), nullptr);
    command(key, "hash", "the digest of a key that is read from standard input",
            examples({"key hash < key.txt", "key hash"}), &print_key_digest);
    CLI::App& password = command(app_, "password", "passwords of users, for the policy `basic`",
                                 examples({"password hash < password.txt"}), nullptr);
    command(password, "hash", "the hash of a password that is read from standard input",
            examples({"password hash < password.txt", "password hash"}), &print_password_hash);
  }

  void add_explain_commands() {
    CLI::App& explain =
        command(app_, "explain", "what a config makes of something",
                examples({"explain request '/orders/17' -H 'Host: shop.example'"}), nullptr);
    CLI::App& request = command(
        explain, "request", "route, policies and destination of a request, which isn't sent",
        examples({"explain request '/orders/17' -H 'Host: shop.example'",
                  "explain request 'POST /login?x=1' --from 192.0.2.7 --config shop.yaml -o json"}),
        [this] { return explain_request(asked_.explained, asked_.output == "json"); });
    request.add_option("REQUEST", asked_.explained.request, "method and path; GET without one")
        ->required();
    request.add_option("-H,--header", asked_.explained.fields, "a field; may be given repeatedly")
        ->allow_extra_args(false);
    request.add_option("--from", asked_.explained.from, "the client's address")
        ->capture_default_str();
    request.add_option("--config", asked_.explained.config, "the config")->capture_default_str();
    output(request, {"text", "json"});
  }

  void add_help_commands() {
    CLI::App& docs = command(app_, "docs", "pages of the reference",
                             examples({"docs errors > docs/errors.md"}), nullptr);
    command(docs, "errors", "every error, with cause and mend",
            examples({"docs errors > docs/errors.md"}), [] {
              print_out(errors_page());
              return flush_out() ? kExitOk : kExitFailure;
            });
    command(app_, "help", "this, a command's page, or that of an error's code",
            examples({"help", "help run", "help E0203", "help route-not-found"}),
            [this] { return show_help(); })
        .add_option("TOPIC", asked_.topic, "command or code");
    command(app_, "version", "which version this is", examples({"version"}), [] {
      print_out("gatehouse " + std::string(kVersion) + "\n");
      return flush_out() ? kExitOk : kExitFailure;
    });
  }

  int show_help() {
    std::string page;
    if (asked_.topic.empty()) {
      // Asked for its help, the whole would answer with that of `help`, which is what was said.
      page = HelpText().make_help(&app_, "gatehouse", CLI::AppFormatMode::Normal);
    } else if (const CLI::App* const named = child(app_, asked_.topic)) {
      page = named->help("gatehouse");
    } else {
      page = page_of_code(asked_.topic);
    }
    if (page.empty()) {
      const std::string near = code_near(asked_.topic);
      return complain(
          kExitNotFound, fmt::format("there is no page `{}`", asked_.topic),
          near.empty() ? "docs/errors.md has all codes" : fmt::format("did you mean `{}`?", near));
    }
    print_out(page);
    return flush_out() ? kExitOk : kExitFailure;
  }

  CLI::App app_{"A gateway that knows who is at the door.", "gatehouse"};
  Asked asked_;
};

}  // namespace

int run_command_line(int argc, char** argv) { return CommandLine().run(argc, argv); }

}  // namespace gatehouse
