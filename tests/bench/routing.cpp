#include "tests/bench/routing.h"

#include <zstd.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "core/plugin/offline_host.h"
#include "core/plugin/registry.h"
#include "core/routing/router.h"
#include "core/store/store.h"
#include "tests/integration/process.h"

namespace psabridge::bench {
namespace {

using Moment = std::chrono::steady_clock::time_point;

constexpr std::size_t kBatch = 500;
constexpr std::size_t kTickets = 20'000;  // in memory, for decisions a second

void say(const std::string& text) { std::cerr << "bench: " << text << std::endl; }

double seconds_since(Moment begun) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

/// Of many kinds, as offices write them: by client and priority, by words of the summary, by type.
struct RuleText {
  int kind = 0, client = 0, priority = 0;
  std::string word;
};

constexpr const char* kWords[] = {"printer", "mailbox", "backup",  "firewall",
                                  "laptop",  "invoice", "licence", "phone"};

/// Of one width, so that none is a part of another.
std::string number_text(std::size_t number) {
  const std::string digits = std::to_string(number);
  return std::string(5 - digits.size(), '0') + digits;
}

/// Every rule is for tickets of its own: `validate` refuses those that are never reached.
std::vector<RuleText> make_rules(std::size_t count) {
  std::mt19937_64 random(count);
  std::vector<RuleText> rules;
  rules.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    rules.push_back({static_cast<int>(random() % 10), static_cast<int>(i % 5000), static_cast<int>(i / 5000),
                     std::string(kWords[random() % 8]) + " " + number_text(i)});
  return rules;
}

std::string yaml_of(const std::vector<RuleText>& rules) {
  std::string yaml = "routing:\n";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const RuleText& rule = rules[i];
    const std::string client = "client_id: \"" + std::to_string(rule.client) + "\"";
    std::string when;
    if (rule.kind < 6)
      when = client + ", priority_id: \"" + std::to_string(rule.priority) + "\"";
    else if (rule.kind < 9)
      when = "summary: { contains: \"" + rule.word + "\" }";
    else
      when = client + ", summary: { matches: \"^" + rule.word + "\" }";
    yaml += "  - { use: match, name: r" + std::to_string(i) + ", when: { " + when + " }, team: t" +
            std::to_string(i % 20) + " }\n";
  }
  return yaml + "  - { use: fallback, team: triage }\n";
}

struct Ticket {
  std::string id, client, priority, summary;
  bool closed = false;
};

std::vector<Ticket> make_tickets(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<Ticket> tickets(count);
  for (std::size_t i = 0; i < count; ++i)
    tickets[i] = {std::to_string(i + 1), std::to_string(random() % 5000), std::to_string(random() % 5),
                  std::string(kWords[random() % 8]) + " " + number_text(random() % 10'000) + " does not work",
                  i % 2 == 0};
  return tickets;
}

/// What somebody would write who knows the rules when he compiles: a loop, first match wins.
double plain_loop(const std::vector<RuleText>& rules, const std::vector<Ticket>& tickets) {
  std::vector<std::function<bool(const Ticket&)>> predicates;
  predicates.reserve(rules.size());
  for (const RuleText& rule : rules) {
    const std::string client = std::to_string(rule.client), priority = std::to_string(rule.priority);
    if (rule.kind < 6)
      predicates.emplace_back([=](const Ticket& t) { return t.client == client && t.priority == priority; });
    else if (rule.kind < 9)
      predicates.emplace_back(
          [word = rule.word](const Ticket& t) { return t.summary.find(word) != std::string::npos; });
    else
      predicates.emplace_back([=, word = rule.word](const Ticket& t) {
        return t.client == client && t.summary.starts_with(word);
      });
  }
  std::size_t decided = 0;
  const Moment begun = std::chrono::steady_clock::now();
  for (const Ticket& ticket : tickets)
    for (const auto& predicate : predicates)
      if (predicate(ticket)) {
        ++decided;
        break;
      }
  const double took = seconds_since(begun);
  if (decided > tickets.size()) throw std::runtime_error("the loop decided too much");
  return static_cast<double>(tickets.size()) / took;
}

/// Syncers and rules of the programs that are measured, and a store in a folder of its own.
class Office {
 public:
  explicit Office(const std::filesystem::path& programs)
      : folder_(std::filesystem::temp_directory_path() /
                ("psabridge-bench-routing-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    registry.load_folders({programs.parent_path() / "plugins"});
    for (const std::string_view name : registry.role_names(plugin::RoleKind::syncer))
      syncers_.push_back(registry.make_syncer(name, "{}", host));
    for (const auto& syncer : syncers_) schemas.push_back(&syncer->schema());
    open();
  }
  ~Office() {
    writer_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Office(const Office&) = delete;
  Office& operator=(const Office&) = delete;

  const EntitySchema& ticket_schema() const {
    for (const EntitySchema* schema : schemas)
      if (schema->entity == "ticket") return *schema;
    throw std::runtime_error("the syncer of tickets is not among the plugins");
  }
  store::Writer& writer() { return *writer_; }
  void open() { writer_ = store::open_writer("sqlite:" + (folder_ / "store.db").string(), system_clock()); }
  void close() { writer_.reset(); }
  const std::filesystem::path& folder() const { return folder_; }

  Batch batch_of(std::span<const Ticket> tickets) const {
    const EntitySchema& schema = ticket_schema();
    Batch batch;
    batch.connection = "c";
    batch.schema = &schema;
    for (const Ticket& ticket : tickets) {
      Value* const fields = batch.arena->make_array<Value>(schema.fields.size());
      std::uninitialized_fill_n(fields, schema.fields.size(), null_value());
      const auto set = [&](std::string_view field, Value value) { fields[*schema.index_of(field)] = value; };
      set("summary", text_value(ticket.summary));
      set("client_id", text_value(ticket.client));
      set("priority_id", text_value(ticket.priority));
      set("closed", bool_value(ticket.closed));
      set("opened_at", time_value("2026-11-01T08:00:00.000Z"));
      batch.records.push_back(
          {borrow(ticket.id), borrow("1"), fields, schema.fields.size(), borrow("{}"), borrow("{}")});
      Verdict& verdict = batch.verdicts.emplace_back();
      verdict.packed_raw = packed_;
      verdict.content_hash[0] = 1;
    }
    return batch;
  }

  plugin::Registry registry;
  plugin::OfflineHost host;
  std::vector<const EntitySchema*> schemas;

 private:
  static std::string pack(std::string_view text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
    return packed;
  }

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<plugin::Syncer>> syncers_;
  std::unique_ptr<store::Writer> writer_;
  const std::string packed_ = pack("{}");
};

std::vector<EntitySchema> copies(const std::vector<const EntitySchema*>& schemas) {
  std::vector<EntitySchema> all;
  for (const EntitySchema* schema : schemas) all.push_back(*schema);
  return all;
}

/// What the rules say of every ticket, in batches, reasons included.
double decisions_a_second(Office& office, const std::vector<RuleText>& rules,
                          const std::vector<Ticket>& tickets) {
  routing::Router router(std::make_unique<routing::RuleSet>(config::load_rules(yaml_of(rules), "bench.yaml"),
                                                            office.schemas, office.registry, office.host),
                         "c", office.host);
  std::vector<std::size_t> all(kBatch);
  for (std::size_t i = 0; i < kBatch; ++i) all[i] = i;
  double took = 0;
  for (std::size_t first = 0; first + kBatch <= tickets.size(); first += kBatch) {
    const Batch batch = office.batch_of(std::span(tickets).subspan(first, kBatch));
    const Moment begun = std::chrono::steady_clock::now();
    const auto rulings = router.rule(batch, all, office.writer(), {});
    took += seconds_since(begun);
    if (rulings.back().team.empty()) throw std::runtime_error("a ticket went nowhere");
  }
  return static_cast<double>(tickets.size()) / took;
}

void store_tickets(Office& office, std::size_t count) {
  store::RunInfo run;
  run.pipeline = "p";
  run.connection = "c";
  run.mode = "full";
  const store::RunId id = office.writer().begin_run(run);
  const std::vector<Ticket> tickets = make_tickets(count);
  for (std::size_t first = 0; first < count; first += kBatch) {
    const Batch batch = office.batch_of(std::span(tickets).subspan(first, std::min(kBatch, count - first)));
    store::Commit commit;
    commit.run = id;
    commit.pipeline = "p";
    commit.batch = &batch;
    office.writer().commit({&commit, 1}, {});
  }
  office.writer().end_run(id, "done", {}, "", "");
}

/// Seconds that a command takes; it must look at as many tickets.
double timed(const Office& office, const Plan& plan, std::vector<std::string> arguments,
             std::size_t tickets) {
  std::vector<std::string> command{(plan.programs / "psabridge").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(),
                 {"--json", "--limit", "0", "--config", (office.folder() / "bench.yaml").string()});
  const Moment begun = std::chrono::steady_clock::now();
  const integration::Outcome outcome = integration::run(command);
  const double took = seconds_since(begun);
  if (outcome.exit_status != 0 && outcome.exit_status != 6) throw std::runtime_error(outcome.describe());
  const boost::json::value answer = boost::json::parse(outcome.out);
  if (answer.at("data").at("tickets").to_number<std::size_t>() != tickets)
    throw std::runtime_error("psabridge looked at other tickets: " + outcome.describe());
  return took;
}

void write_configuration(const Office& office, const std::string& rules) {
  std::ofstream(office.folder() / "new.yaml") << rules;
  std::string yaml = "version: 1\nstore: sqlite:" + (office.folder() / "store.db").string() +
                     "\nconnections:\n  c:\n    connector: halo\n    url: https://127.0.0.1:1\n    auth: { "
                     "grant: client_credentials, "
                     "client_id: x, client_secret: env://NONE }\npipelines:\n  p:\n    connection: c\n    "
                     "entities: { ticket: {} }\n    ";
  for (const char c : rules) (yaml += c) += c == '\n' ? "    " : "";
  std::ofstream(office.folder() / "bench.yaml") << yaml << "\n";
}

}  // namespace

std::vector<Figure> measure_routing(const Plan& plan) {
  std::vector<Figure> figures;
  Office office(plan.programs);
  office.writer().prepare(copies(office.schemas));
  const std::vector<Ticket> tickets = make_tickets(kTickets);
  double with_few = 0;
  for (const std::size_t rules : {10U, 1'000U, 10'000U}) {
    say("routing rules: " + std::to_string(rules));
    const std::vector<RuleText> texts = make_rules(rules);
    const double measured = decisions_a_second(office, texts, tickets), loop = plain_loop(texts, tickets);
    if (rules == 10) with_few = measured;
    const bool far = rules == 1'000;
    figures.push_back({"decisions a second with " + std::to_string(rules) + " rules", measured, "1/s", loop,
                       "loop of compiled predicates, without reasons",
                       far ? "at least half of what 10 rules allow" : "none",
                       !far || measured * 2 >= with_few});
  }
  const std::size_t stored = plan.stored_tickets;
  say("tickets in a store: " + std::to_string(stored));
  store_tickets(office, stored);
  office.close();
  write_configuration(office, yaml_of(make_rules(1'000)));
  const double scale = static_cast<double>(stored) / 200'000;
  const double back =
      timed(office, plan, {"route", "backtest", "--rules", (office.folder() / "new.yaml").string()}, stored);
  figures.push_back({"backtest of " + std::to_string(stored) + " tickets, 1,000 rules", back, "s", 0, "",
                     "at most " + std::to_string(static_cast<int>(30 * scale)) + " s", back <= 30 * scale});
  const double apply = timed(office, plan, {"route", "apply"}, stored / 2);
  figures.push_back({"re-routing of " + std::to_string(stored / 2) + " open tickets", apply, "s", back,
                     "the backtest", "at most three times it", apply <= 3 * back});
  return figures;
}

}  // namespace psabridge::bench
