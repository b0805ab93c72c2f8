#include "tests/integration/harness.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

namespace psabridge::integration {
namespace {

namespace json = boost::json;

constexpr std::string_view kProgram = PSABRIDGE_PROGRAM;
constexpr const char* kSecretVariable = "PSABRIDGE_TEST_SECRET";

constexpr auto kTrueEntities =
    std::to_array<const char*>({"client", "site", "contact", "agent", "team", "ticket", "note", "asset"});

/// "2026-10-03T06:24:10.9" becomes "2026-10-03T06:24:10.900Z".
std::string version_text(std::string naive) {
  constexpr std::size_t kToSeconds = 19, kToMilliseconds = 23;
  if (naive.size() == kToSeconds) naive += '.';
  naive.resize(kToMilliseconds, '0');
  return naive + 'Z';
}

std::string source_id(const json::object& row) {
  const std::string id = std::to_string(row.at("id").as_int64());
  const json::value* ticket = row.if_contains("ticket_id");
  return ticket == nullptr ? id : std::to_string(ticket->as_int64()) + "/" + id;
}

bool flag(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value != nullptr && value->as_bool();
}

/// `state` is the truth's word for the column that the entity has: closed for tickets, inactive for the
/// others.
void compare_row(const std::string& what, const TruthRow& truth, const std::vector<std::string>& stored,
                 bool is_ticket, std::ostream& out) {
  const std::string &version = stored.at(1), &state = stored.at(2);
  const bool state_of_truth = is_ticket ? truth.closed : truth.inactive;
  if (!version.empty() && version != truth.version)
    out << what << " is stored as of " << version << " and is of " << truth.version << '\n';
  if (state != "NULL" && (state == "1") != state_of_truth)
    out << what << (is_ticket ? " closed" : " inactive") << " is stored as " << state << '\n';
}

void compare_entity(const StoreFile& store, const std::string& entity, Truth truth, std::ostream& out) {
  const bool is_ticket = entity == "ticket";
  const std::string state = is_ticket ? "closed" : entity == "note" ? "NULL" : "inactive";
  for (const auto& row : store.rows("SELECT source_id, source_version, " + state + " FROM \"" + entity +
                                    "\" WHERE deleted_at IS NULL")) {
    const auto found = truth.find(row.front());
    if (found == truth.end()) {
      out << entity << ' ' << row.front() << " is stored and does not exist\n";
      continue;
    }
    compare_row(entity + ' ' + row.front(), found->second, row, is_ticket, out);
    truth.erase(found);
  }
  for (const auto& [id, row] : truth) out << entity << ' ' << id << " is missing\n";
}

/// Rules that hold in every store at any time.
void check_rules(const StoreFile& store, const std::set<std::string>& entities, std::ostream& out) {
  for (const std::string& entity : entities) {
    for (const auto& row : store.rows("SELECT source_id, count(*) FROM \"" + entity +
                                      "\" GROUP BY connection, source_id HAVING count(*) > 1"))
      out << entity << ' ' << row.at(0) << " is stored " << row.at(1) << " times\n";
  }
  for (const auto& row : store.rows("SELECT run, entity FROM psabridge_run_entity"
                                    " WHERE read <> created + updated + unchanged + filtered + dead"))
    out << "run " << row.at(0) << ": the counts of " << row.at(1) << " do not add up\n";
}

sandbox::SandboxOptions options_of(const sandbox::Shape& shape, const std::filesystem::path& tls_folder) {
  sandbox::SandboxOptions options;
  options.api.shape = shape;
  options.tls_dir = tls_folder;
  return options;
}

/// The first line in which two texts differ, of either.
std::string first_difference(const std::string& ours, const std::string& theirs) {
  std::istringstream left(ours), right(theirs);
  std::string ours_line, theirs_line;
  do {
    if (!std::getline(left, ours_line)) ours_line = "(nothing)";
    if (!std::getline(right, theirs_line)) theirs_line = "(nothing)";
  } while (ours_line == theirs_line && left && right);
  return "  ours:  " + ours_line + "\n  fresh: " + theirs_line;
}

WebhookFigures figures_of(const json::object& state) {
  const auto number = [&](const char* key) { return state.at(key).as_int64(); };
  return {.emitted = number("emitted"),
          .sent = number("sent"),
          .failed = number("failed"),
          .dropped = number("dropped"),
          .pending = number("pending"),
          .held = number("held"),
          .tries = number("tries")};
}

std::string indented(const std::string& lines, const std::string& by) {
  std::istringstream in(lines);
  std::string all;
  for (std::string line; std::getline(in, line);) all += by + line + '\n';
  return all;
}

}  // namespace

sandbox::Shape small_shape() {
  return {.clients = 12,
          .sites = 15,
          .contacts = 40,
          .agents = 6,
          .teams = 4,
          .tickets = 230,
          .assets = 60,
          .notes_per_ticket = 1};
}

// --- the source ---

Source::Source(const sandbox::Shape& shape, const std::filesystem::path& tls_folder)
    : server_(options_of(shape, tls_folder)) {}

json::object Source::control(std::string_view method, const std::string& path, const std::string& body) {
  json::value answer = json::parse(server_.control(method, path, body));
  return answer.is_object() ? std::move(answer.as_object()) : json::object{{"list", std::move(answer)}};
}

Truth Source::truth(const std::string& entity) {
  const json::object answer = control("GET", "truth?entity=" + entity);
  Truth truth;
  for (const json::value& value : answer.at("rows").as_array()) {
    const json::object& row = value.as_object();
    const std::string version = version_text(std::string(row.at("last_update").as_string()));
    truth[source_id(row)] = {version, flag(row, "closed"), flag(row, "inactive")};
  }
  if (entity == "agent")
    truth.erase("1");  // "Unassigned" stands for nobody, and is read only by those who ask for it
  return truth;
}

std::vector<std::int64_t> Source::mutate(const json::object& request) {
  const json::object answer = control("POST", "mutate", json::serialize(request));
  std::vector<std::int64_t> ids;
  for (const json::value& id : answer.at("ids").as_array()) ids.push_back(id.as_int64());
  return ids;
}

void Source::let_pass(std::int64_t seconds) {
  control("POST", "clock", json::serialize(json::object{{"advance_seconds", seconds}}));
}

void Source::switch_faults(const json::object& settings) {
  control("POST", "faults", json::serialize(settings));
}
void Source::switch_faults_off() { switch_faults({{"all", false}}); }

void Source::change_application(const json::object& settings) {
  control("POST", "application", json::serialize(settings));
}
void Source::revoke_access() { control("POST", "revoke", R"({"what": "access"})"); }
void Source::revoke_consent() { control("POST", "revoke", R"({"what": "consent"})"); }

std::vector<std::string> Source::issued() {
  return json::value_to<std::vector<std::string>>(control("GET", "issued").at("list"));
}

WebhookFigures Source::webhook_figures() { return figures_of(control("GET", "webhooks")); }
WebhookFigures Source::flush_webhooks() {
  return figures_of(control("POST", "webhooks", R"({"flush": true})"));
}
void Source::release_webhooks() { control("POST", "webhooks", R"({"release": true})"); }
void Source::pause_webhooks() { control("POST", "webhooks", R"({"pause": true})"); }
void Source::resume_webhooks() { control("POST", "webhooks", R"({"pause": false})"); }
void Source::set_up_webhooks(const json::object& settings) {
  control("POST", "webhooks", json::serialize(settings));
}

std::vector<json::object> Source::webhooks() {
  return json::value_to<std::vector<json::object>>(control("GET", "webhooks").at("webhooks"));
}

std::int64_t Source::requests(const std::string& resource) {
  const json::object ledger = control("GET", "ledger");
  if (resource.empty()) return ledger.at("total").as_int64();
  const json::value* counter = ledger.at("by_resource").as_object().if_contains(resource);
  return counter == nullptr ? 0 : counter->at("requests").as_int64();
}

std::vector<std::string> Source::queries(const std::string& resource) {
  const json::object ledger = control("GET", "ledger");
  std::vector<std::string> queries;
  for (const json::value& request : ledger.at("requests").as_array()) {
    if (request.at("resource").as_string() == resource) queries.emplace_back(request.at("query").as_string());
  }
  return queries;
}

std::size_t Source::posts(const std::string& resource) {
  const json::object ledger = control("GET", "ledger");
  return static_cast<std::size_t>(
      std::ranges::count_if(ledger.at("requests").as_array(), [&](const json::value& request) {
        return request.at("resource").as_string() == resource && request.at("method").as_string() != "GET";
      }));
}

std::int64_t Source::refusals() {
  const json::object ledger = control("GET", "ledger");
  std::int64_t all = 0;
  for (const auto& [status, count] : ledger.at("by_status").as_object()) {
    if (std::stoi(std::string(status)) >= 400) all += count.as_int64();
  }
  return all;
}

void Source::reset_ledger() { control("POST", "ledger/reset"); }

// --- the stage ---

Stage::Stage(Source& source, const PipelineText& pipeline) : source_(source) { configure(pipeline); }

void Stage::configure(const PipelineText& pipeline) {
  pipeline_ = pipeline;
  const std::string connection = pipeline.connection.empty() ? connection_with("", "") : pipeline.connection;
  write_text(config(), "version: 1\nstore: sqlite:" + database().string() + "\nconnections:\n  halo:\n" +
                           indented(connection, "    ") +
                           "pipelines:\n  main:\n    connection: halo\n    entities: " + pipeline.entities +
                           '\n' + indented(pipeline.more, "    ") + pipeline.top);
}

std::string Stage::connection_with(std::string_view key, std::string_view value) const {
  const sandbox::Sandbox& server = source_.server();
  std::string text;
  const auto line = [&](std::string_view name, const std::string& usual) {
    (text += name).append(": ").append(name == key ? std::string(value) : usual) += '\n';
  };
  line("connector", "halo");
  line("url", server.url());
  line("tenant", "sandbox");
  line("auth", "{ grant: client_credentials, client_id: " + server.client().id + ", client_secret: env://" +
                   kSecretVariable + " }");
  line("tls", "{ ca_file: " + server.ca_file().string() + " }");
  line("allow_private", "true");
  line("rate_limit", "{ requests: 1000000, per: 5m }");
  return text;
}

std::vector<std::string> Stage::command(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{std::string(kProgram)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--config", config().string()});
  return command;
}

Surroundings Stage::with_secret(Surroundings surroundings) const {
  surroundings.environment.try_emplace(kSecretVariable, source_.server().client().secret);
  return surroundings;
}

Process Stage::start(const std::vector<std::string>& arguments, Surroundings surroundings) const {
  return Process(command(arguments), with_secret(std::move(surroundings)));
}

Outcome Stage::run(const std::vector<std::string>& arguments, Surroundings surroundings) const {
  return start(arguments, std::move(surroundings)).wait();
}

Outcome Stage::sync(const std::vector<std::string>& arguments, int expected) const {
  std::vector<std::string> all{"sync"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  Outcome outcome = run(all);
  INFO(outcome.describe());
  CHECK(outcome.exit_status == expected);
  return outcome;
}

std::string Stage::differences() const {
  std::ostringstream out;
  const StoreFile file = store();
  std::set<std::string> stored = file.texts("SELECT name FROM psabridge_entity");
  check_rules(file, stored, out);
  for (const std::string entity : kTrueEntities) {
    if (stored.contains(entity)) compare_entity(file, entity, source_.truth(entity), out);
  }
  return out.str();
}

std::string Stage::differences_from_fresh_store() const {
  const Stage fresh(source_, pipeline_);
  fresh.sync();
  const StoreFile ours = store(), theirs = fresh.store();
  std::string differing;
  for (const std::string& entity : theirs.texts("SELECT name FROM psabridge_entity")) {
    if (ours.content(entity) == theirs.content(entity)) continue;
    differing +=
        entity + " differs:\n" + first_difference(ours.content(entity), theirs.content(entity)) + '\n';
  }
  return differing;
}

Scene::Scene(const PipelineText& pipeline, const sandbox::Shape& shape)
    : source(shape, tls_folder.path()), stage(source, pipeline) {}

}  // namespace psabridge::integration
