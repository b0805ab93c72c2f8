// Every fault of the sandbox, and bad input of other kinds, against a sync: it says clearly what is wrong,
// loses nothing, and the store equals the source once the trouble is over.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/integration/harness.h"

using namespace psabridge::integration;

namespace {

namespace json = boost::json;

/// When the store equals the source again after a fault.
enum class Healed {
  by_sync,       ///< after any sync
  by_full_sync,  ///< the source gave no sign: what is old there is read again only with everything else
};

/// A fault whose sync does not just work, or whose parameters are not those of the table.
struct Expectation {
  std::string_view fault;
  int exit_status;
  std::string_view code;  ///< error code that it names
  Healed healed = Healed::by_sync;
  json::object parameters = {};
};

/// The end of a sync that waits longer than a test may: it is interrupted once the fault struck.
constexpr int kInterrupted = 130;

const Expectation& expectation_of(std::string_view fault) {
  using enum Healed;
  static const std::vector<Expectation> kExpectations = {
      {"token_html", 2, "PB1207"},
      {"token_bad_tenant", 3, "PB1206"},
      {"authinfo_missing", 2, "PB1207"},
      {"authinfo_html", 2, "PB1207"},
      {"authinfo_wrong_auth_url", 2, "PB1209"},
      {"unauthorized", 4, "PB1203"},
      {"forbidden", 4, "PB1204"},
      {"rate_limit", 0, "", by_sync, {{"value", 60}, {"window_ms", 300}}},
      {"throttled_without_header", 0, "", by_sync, {{"times", 1}}},
      {"throttled_absurd", kInterrupted, "PB1410"},
      {"html_200", 2, "PB1207"},
      {"login_page", 2, "PB1207"},
      {"redirected", 2, "PB1207"},
      {"error_bare_string", 2, "PB1208"},
      {"error_message_upper", 2, "PB1208"},
      {"error_message_lower", 2, "PB1208"},
      {"error_text", 2, "PB1208"},
      {"error_object", 2, "PB1208"},
      {"error_result_code", 2, "PB1208"},
      {"error_model_state", 2, "PB1208"},
      {"error_single_key", 2, "PB1208"},
      {"rows_deleted_during_walk", 0, "", by_full_sync},
      {"values_with_invalid_utf8", 5, "PB1404", by_full_sync},
      {"values_missing", 5, "PB1402", by_full_sync},
  };
  static const Expectation kWorks{"", 0, ""};
  const auto found = std::ranges::find(kExpectations, fault, &Expectation::fault);
  return found == kExpectations.end() ? kWorks : *found;
}

/// Records of every entity, two pages of tickets.
sandbox::Shape fault_shape() {
  auto shape = small_shape();
  shape.tickets = 120;
  return shape;
}

constexpr std::chrono::milliseconds kGlance{2};  // between looks at a sync that is under way

/// Interrupts a sync as soon as the source has refused a request.
Outcome interrupted_sync(Scene& scene) {
  Process process = scene.stage.start({"sync"});
  while (!process.ended() && scene.source.refusals() == 0) std::this_thread::sleep_for(kGlance);
  process.signal(SIGINT);
  return process.wait();
}

/// Codes of the open dead letters.
std::set<std::string> dead_codes(const Stage& stage) {
  return stage.store().texts("SELECT code FROM psabridge_dead WHERE state = 'open'");
}

/// A first sync under the fault, then one without it, then one that reads everything again.
void outlive(const std::string& fault) {
  Scene scene({}, fault_shape());
  const Expectation& expected = expectation_of(fault);
  scene.source.switch_faults({{fault, expected.parameters}});
  const Outcome troubled =
      expected.exit_status == kInterrupted ? interrupted_sync(scene) : scene.stage.run({"sync"});
  INFO(troubled.describe());
  CHECK(troubled.exit_status == expected.exit_status);
  CHECK((troubled.says(expected.code) || dead_codes(scene.stage).contains(std::string(expected.code))));
  scene.source.switch_faults_off();
  if (expected.code == "PB1203") scene.stage.run({"connection", "resume"});  // a refused sign-in pauses it
  if (expected.healed == Healed::by_sync) {
    scene.stage.sync();
    CHECK(scene.stage.differences() == "");
  }
  scene.stage.sync({"--full"});
  CHECK(scene.stage.differences() == "");
  CHECK(scene.stage.differences_from_fresh_store() == "");
}

/// The state of one entity in the newest run.
std::string run_state(const Stage& stage, const std::string& entity) {
  return stage.store().text("SELECT state FROM psabridge_run_entity WHERE entity = '" + entity +
                            "' ORDER BY run DESC");
}

std::string column_of_ticket(const Stage& stage, const std::string& column, std::int64_t id) {
  return stage.store().text("SELECT " + column + " FROM ticket WHERE source_id = '" + std::to_string(id) +
                            "'");
}

/// What Stage::differences() says when one record, and so its notes, are not stored.
std::string missing(Scene& scene, const std::string& entity, const std::string& id) {
  std::string lines = entity + " " + id + " is missing\n";
  if (entity != "ticket") return lines;
  for (const auto& [note, row] : scene.source.truth("note"))
    if (note.starts_with(id + "/")) lines += "note " + note + " is missing\n";
  return lines;
}

}  // namespace

// One test for each line of the sandbox's table, whatever lines it will have.
#define CANNED(name, ...) \
  TEST_CASE("A sync outlives the fault " #name) { outlive(#name); }
#define BEHAVIOUR(name, ...) \
  TEST_CASE("A sync outlives the fault " #name) { outlive(#name); }
#include "tests/sandbox/faults.inc"
#undef CANNED
#undef BEHAVIOUR

// --- one bad record ---

TEST_CASE("A bad record becomes a dead letter, the rest arrives, and the mended record resolves it") {
  struct Row {
    const char* what;
    const char* entity;
    json::object change;
    json::object mended;
    std::string code;
  };
  const json::object name{{"name", "Mended"}};
  const json::object texts{
      {"summary", "Mended"}, {"details", "short"}, {"dateoccurred", "2026-01-05T10:00:00"}};
  const auto row = GENERATE_COPY(values<Row>({
      {"a required field missing", "client", {{"omit", {"name"}}}, name, "PB1402"},
      {"a required field null", "client", {{"fields", {{"name", nullptr}}}}, name, "PB1402"},
      {"a required field blank", "client", {{"fields", {{"name", ""}}}}, name, "PB1402"},
      {"bytes that are not UTF-8", "ticket", {{"raw", {{"summary", "hex:22ff22"}}}}, texts, "PB1404"},
      {"a word for a date", "ticket", {{"fields", {{"dateoccurred", "yesterday"}}}}, texts, "PB1403"},
      {"more bytes than allowed",
       "ticket",
       {{"fields", {{"details", std::string(17 << 20, 'x')}}}},
       texts,
       "PB1405"},
  }));
  INFO(row.what);
  Scene scene({}, fault_shape());
  const std::string entity = row.entity;
  json::object change = row.change;
  change["entity"] = entity;
  const std::int64_t id = scene.source.mutate(change).front();

  scene.stage.sync({}, 5);
  CHECK(scene.stage.differences() == missing(scene, entity, std::to_string(id)));
  CHECK(dead_codes(scene.stage) == std::set<std::string>{row.code});

  scene.source.mutate({{"entity", entity}, {"ids", {id}}, {"fields", row.mended}});
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(dead_codes(scene.stage).empty());
}

TEST_CASE("Odd texts are stored as they are") {
  Scene scene({}, fault_shape());
  const std::string huge(5'000'000, 'h');
  const std::int64_t with_nul =
      scene.source.mutate({{"entity", "ticket"}, {"fields", {{"summary", std::string("a\0b", 3)}}}}).front();
  const std::int64_t with_huge =
      scene.source.mutate({{"entity", "ticket"}, {"fields", {{"details", huge}}}}).front();
  const std::int64_t with_signs =
      scene.source
          .mutate({{"entity", "ticket"},
                   {"fields", {{"summary", "Grüße, 東京 \xF0\x9F\x96\xA8 '; DROP TABLE ticket; --"}}}})
          .front();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
  CHECK(column_of_ticket(scene.stage, "length(details)", with_huge) == "5000000");
  CHECK(column_of_ticket(scene.stage, "summary", with_signs) ==
        "Grüße, 東京 \xF0\x9F\x96\xA8 '; DROP TABLE ticket; --");
  CHECK(column_of_ticket(scene.stage, "instr(summary, 'a')", with_nul) == "1");
}

// --- wrong settings ---

TEST_CASE("A wrong setting of the connection ends with its own error and stores nothing") {
  struct Row {
    const char* key;
    std::string value;  ///< "$" stands for the sandbox's address
    int exit_status;
    std::string_view code;
  };
  auto row = GENERATE(values<Row>({
      {"url", "https://localhost:1", 3, "PB1201"},
      {"url", "https://no-such-host.invalid", 3, "PB1201"},
      {"url", "$/portal", 2, "PB1207"},
      {"tls", "{}", 3, "PB1213"},
      {"auth", "{ client_id: nobody, client_secret: env://PSABRIDGE_TEST_SECRET }", 4, "PB1203"},
      {"auth", "{ client_id: sandbox-client, client_secret: env://HOME }", 4, "PB1203"},
  }));
  Scene scene({}, fault_shape());
  if (row.value.starts_with('$')) row.value.replace(0, 1, scene.source.server().url());
  INFO(row.key << ": " << row.value);
  // One entity, because each tries again for a while when the trouble may pass.
  scene.stage.configure(
      {.entities = "{ team: {} }", .connection = scene.stage.connection_with(row.key, row.value)});
  const Outcome outcome = scene.stage.run({"sync"});
  INFO(outcome.describe());
  CHECK(outcome.exit_status == row.exit_status);
  CHECK(outcome.says(row.code));
  CHECK_FALSE(outcome.says(scene.source.server().client().secret));

  scene.stage.configure({});
  if (row.code == "PB1203") scene.stage.run({"connection", "resume"});  // a refused sign-in pauses it
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A missing right degrades its entity alone, names the scope, and heals by itself") {
  Scene scene({}, fault_shape());
  scene.source.switch_faults({{"forbidden", {{"resource", "asset"}}}});
  const Outcome outcome = scene.stage.sync({}, 4);
  CHECK(outcome.says("read:assets"));
  CHECK(run_state(scene.stage, "asset") == "degraded");
  CHECK(run_state(scene.stage, "ticket") == "done");
  CHECK(scene.stage.store().live("asset").empty());
  CHECK(scene.stage.store().live("ticket").size() == scene.source.truth("ticket").size());
  scene.source.switch_faults_off();
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A list that is empty where records were known deletes nothing") {
  Scene scene({}, fault_shape());
  scene.stage.sync();
  scene.source.switch_faults({{"empty_list_when_forbidden", {{"resource", "asset"}}}});
  scene.stage.sync({"--full"}, 5);
  CHECK(run_state(scene.stage, "asset") == "held");
  CHECK(scene.stage.differences() == "");
}

// --- the store's own trouble ---

namespace {

/// A file system of its own over a folder: small, or read-only. Only root may have one.
class Mounted {
 public:
  Mounted(std::filesystem::path folder, const char* size) : folder_(std::move(folder)) {
    const std::string options = std::string("size=") + size;
    mounted_ = mount("tmpfs", folder_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~Mounted() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  explicit operator bool() const { return mounted_; }
  void make_read_only() const { remount(MS_RDONLY, nullptr); }
  void grow(const char* size) const { remount(0, size); }

 private:
  void remount(unsigned long flags, const char* size) const {
    const std::string options = size == nullptr ? "" : std::string("size=") + size;
    REQUIRE(mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | flags, options.c_str()) == 0);
  }

  std::filesystem::path folder_;
  bool mounted_ = false;
};

void overwrite(const std::filesystem::path& file, std::uintmax_t from, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(from));
  stream << bytes;
  REQUIRE(stream.flush());
}

}  // namespace

TEST_CASE("A file that may grow no more stops the sync, and room lets it finish") {
  Scene scene({}, fault_shape());
  const Outcome full = scene.stage.run({"sync"}, {.environment = {}, .largest_file = 300'000});
  INFO(full.describe());
  CHECK(full.exit_status == 3);
  CHECK((full.says("PB1304") || full.says("PB1306")));
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A full disk stops the sync, and room lets it finish") {
  Scene scene({}, fault_shape());
  const Mounted disk(scene.stage.folder(), "600k");
  if (!disk) SKIP("needs the right to mount");
  scene.stage.configure({});
  const Outcome full = scene.stage.run({"sync"});
  INFO(full.describe());
  CHECK(full.exit_status == 3);
  CHECK(full.says("PB1304"));
  disk.grow("64m");
  scene.stage.sync();
  CHECK(scene.stage.differences() == "");
}

TEST_CASE("A folder that may not be written to is named") {
  namespace fs = std::filesystem;
  Scene scene({}, fault_shape());
  const bool root =
      geteuid() == 0;  // root ignores permissions: for it the whole file system is made read-only
  const Mounted disk(scene.stage.folder(), "4m");
  if (!disk && root) SKIP("needs the right to mount");
  scene.stage.configure({});
  if (disk) {
    disk.make_read_only();
  } else {
    fs::permissions(scene.stage.folder(), fs::perms::owner_read | fs::perms::owner_exec);
  }
  const Outcome outcome = scene.stage.sync({}, 3);
  if (!disk) fs::permissions(scene.stage.folder(), fs::perms::owner_all);
  CHECK(outcome.says("PB1301"));
  CHECK(outcome.says(scene.stage.folder().string()));
}

TEST_CASE("A store whose folder is missing is named") {
  Scene scene({}, fault_shape());
  std::string text = read_text(scene.stage.config());
  text.replace(text.find("psabridge.db"), 0, "missing/");
  write_text(scene.stage.config(), text);
  const Outcome outcome = scene.stage.sync({}, 3);
  CHECK(outcome.says("PB1301"));
  CHECK(outcome.says("/missing"));
}

TEST_CASE("A store that somebody writes to is left alone") {
  Scene scene({}, fault_shape());
  scene.stage.sync();
  const std::string before = scene.stage.store().dump();
  const std::string lock = scene.stage.database().string() + ".lock";
  const int descriptor = open(lock.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(descriptor, LOCK_EX) == 0);
  const Outcome outcome = scene.stage.sync({}, 7);
  CHECK(outcome.says("PB1302"));
  CHECK(scene.stage.store().dump() == before);
  close(descriptor);
  scene.stage.sync();
}

TEST_CASE("A damaged store is recognised after an unclean stop, and by verify at any time") {
  Scene scene({}, fault_shape());
  scene.stage.sync();
  const auto size = std::filesystem::file_size(scene.stage.database());
  overwrite(scene.stage.database(), size / 3 / 4096 * 4096, std::string(8 * 4096, '\xA5'));
  const Outcome verified = scene.stage.run({"verify"});
  INFO(verified.describe());
  CHECK(verified.exit_status == 8);
  write_text(scene.stage.database().string() + ".lock", "1\n");  // as a writer that was killed leaves it
  const Outcome outcome = scene.stage.sync({}, 8);
  CHECK(outcome.says("PB1303"));
  CHECK(outcome.says(scene.stage.database().string()));
}

TEST_CASE("A file that is no store is refused and stays as it is") {
  Scene scene({}, fault_shape());
  const std::string text(20'000, 'n');
  write_text(scene.stage.database(), text);
  const Outcome outcome = scene.stage.sync({}, 8);
  CHECK(outcome.says("PB1303"));
  CHECK(read_text(scene.stage.database()) == text);
}
