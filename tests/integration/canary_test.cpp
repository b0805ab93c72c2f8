// Canaries: a secret that stands nowhere else in the world is planted wherever psabridge takes one. Every
// command runs with it, right and wrong, at every level of talk and through crashes; then everything that was
// written anywhere is searched for it.
#include <signal.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "tests/faultproxy/fault_proxy.h"
#include "tests/integration/harness.h"
#include "tests/oauth/browser.h"

using namespace psabridge::integration;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// A new command belongs into this list. What needs input or takes something away is run by the tests.
constexpr auto kCommands = std::to_array<const char*>({"validate",
                                                       "plan",
                                                       "sync",
                                                       "status",
                                                       "runs list",
                                                       "runs show 1",
                                                       "records list client",
                                                       "records count",
                                                       "events list",
                                                       "events export",
                                                       "dead groups",
                                                       "dead list",
                                                       "holds list",
                                                       "teams list",
                                                       "links list",
                                                       "links export",
                                                       "links auto",
                                                       "links report",
                                                       "verify",
                                                       "plugins list",
                                                       "plugins describe halo",
                                                       "connection list",
                                                       "connection show halo",
                                                       "connection test halo",
                                                       "connection pause halo --reason night",
                                                       "connection resume halo",
                                                       "doctor",
                                                       "doctor --deep",
                                                       "secrets list",
                                                       "secrets check",
                                                       "secrets rotate",
                                                       "explain PB1203",
                                                       "version",
                                                       "no-such-command"});
constexpr auto kWays = std::to_array<const char*>({"", "--debug", "--json --debug", "--quiet"});

constexpr std::chrono::milliseconds kGlance{2};  // between looks at a process that is under way

/// Letters and digits in the middle, which percent-encoding and quoting leave as they are, so that a search
/// for these finds the secret in a URL, in JSON and in YAML too.
struct Canary {
  std::string core;
  std::string secret() const { return "c+/" + core + "&= \"%"; }
};

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

std::string hex(std::string_view bytes, const char* digits) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

/// What base64 makes of the bytes wherever they stand: for each of the three ways in which they may lie
/// across its groups, the characters that come of them alone.
std::vector<std::string> base64_cores(std::string_view bytes, const char* alphabet) {
  std::vector<std::string> cores;
  for (std::size_t lead = 0; lead < 3; ++lead) {
    std::string text;
    const std::string padded = std::string(lead, '\0') + std::string(bytes);
    for (std::size_t bit = 0; bit + 6 <= padded.size() * 8; bit += 6) {
      const auto pair = static_cast<unsigned>(static_cast<unsigned char>(padded[bit / 8])) << 8 |
                        (bit / 8 + 1 < padded.size() ? static_cast<unsigned char>(padded[bit / 8 + 1]) : 0U);
      text += alphabet[pair >> (10 - bit % 8) & 63];
    }
    cores.push_back(text.substr(lead == 0 ? 0 : lead + 1));
  }
  return cores;
}

/// The texts by which a secret would be recognised.
std::vector<std::string> disguises(const std::string& secret) {
  std::vector<std::string> all{secret, hex(secret, "0123456789abcdef"), hex(secret, "0123456789ABCDEF")};
  std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::ranges::move(base64_cores(secret, alphabet.c_str()), std::back_inserter(all));
  alphabet.replace(62, 2, "-_");
  std::ranges::move(base64_cores(secret, alphabet.c_str()), std::back_inserter(all));
  return all;
}

/// Runs commands and keeps whatever they print.
class Watch {
 public:
  explicit Watch(Stage& stage, Surroundings surroundings = {})
      : stage_(stage), surroundings_(std::move(surroundings)) {}

  Outcome run(const std::string& line, const std::string& input = {}) {
    Surroundings with_input = surroundings_;
    with_input.input = input;
    return kept(line, stage_.run(words(line), with_input));
  }
  Process start(const std::string& line) { return stage_.start(words(line), surroundings_); }
  Outcome kept(const std::string& line, Outcome outcome) {
    printed_.emplace_back("psabridge " + line, outcome.out + outcome.err);
    return outcome;
  }

  void run_everything() {
    for (const std::string way : kWays)
      for (const std::string command : kCommands) run(command + " " + way);
  }

  /// Where the secret was found: a line each. `planted` is the file that holds it by right.
  std::string sightings(const std::string& secret, const fs::path& planted = {}) const {
    const auto forms = disguises(secret);
    std::string lines;
    const auto look = [&](const std::string& where, const std::string& text) {
      for (const std::string& form : forms)
        if (text.find(form) != std::string::npos) lines += where + " shows " + form + "\n";
    };
    for (const auto& [command, text] : printed_) look(command, text);
    for (const auto& entry : fs::recursive_directory_iterator(stage_.folder()))
      if (entry.is_regular_file() && entry.path() != planted)
        look(entry.path().string(), read_text(entry.path()));
    return lines;
  }

 private:
  Stage& stage_;
  Surroundings surroundings_;
  std::vector<std::pair<std::string, std::string>> printed_;
};

/// A sync that is ended by the signal as soon as it has signed in and reads. No core file may come of it.
void crash(Watch& watch, Source& source, int signal) {
  source.switch_faults({{"slow_answer", {{"times", 0}, {"value", 100}}}});
  source.reset_ledger();
  Process process = watch.start("sync --full --debug");
  while (!process.ended() && source.requests("client") == 0 && source.requests("site") == 0)
    std::this_thread::sleep_for(kGlance);
  const std::string limits = read_text("/proc/" + std::to_string(process.id()) + "/limits");
  process.signal(signal);
  const Outcome outcome = watch.kept("sync --full --debug, crashed", process.wait());
  INFO(outcome.describe());
  CHECK(outcome.signal == signal);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const std::size_t at = limits.find("Max core file size");
  REQUIRE(at != std::string::npos);
  CHECK(words(limits.substr(at, limits.find('\n', at) - at)).at(4) == "0");
#endif
  source.switch_faults_off();
}

std::string connection_with_auth(const Stage& stage, const std::string& auth) {
  return stage.connection_with("auth", auth);
}

sandbox::Shape few_records() {
  auto shape = small_shape();
  shape.tickets = 20;
  shape.contacts = 5;
  shape.assets = 5;
  return shape;
}

/// A way to hand a secret over: what the configuration says, and how it gets there.
struct Place {
  const char* reference;
  Surroundings surroundings;
  fs::path planted;    ///< relative to the stage's folder; the file that holds it by right
  bool vault = false;  ///< `secrets set`
};

Place place_named(const std::string& name, const Stage& stage, const std::string& secret) {
  if (name == "vault") return {"secret://canary", {}, {}, true};
  if (name == "environment") return {"env://PSABRIDGE_CANARY", {{{"PSABRIDGE_CANARY", secret}}}, {}};
  if (name == "folder") return {"secret://canary", {}, stage.folder() / "secrets" / "canary"};
  return {"secret://canary",
          {{{"CREDENTIALS_DIRECTORY", (stage.folder() / "credentials").string()}}},
          stage.folder() / "credentials" / "canary"};
}

void plant(const Place& place, Watch& watch, const std::string& secret) {
  if (place.vault) {
    const Outcome set = watch.run("secrets set canary --debug", secret + "\n");
    INFO(set.describe());
    CHECK(set.exit_status == 0);
  }
  if (place.planted.empty()) return;
  fs::create_directories(place.planted.parent_path());
  write_text(place.planted, secret + "\n");
  fs::permissions(place.planted, fs::perms::owner_read | fs::perms::owner_write);
}

/// As a person does at the server, which sends the browser back to this machine's loopback at once.
void sign_in_with_browser(Watch& watch, const Source& source) {
  const Browser browser(source.server().ca_file());
  Process process = watch.start("connection auth halo");
  const Page consent = browser.open(address_to_open(process));
  CHECK(browser.open(consent.location).status == 200);
  const Outcome outcome = watch.kept("connection auth halo", process.wait());
  INFO(outcome.describe());
  REQUIRE(outcome.exit_status == 0);
}

}  // namespace

TEST_CASE("The search finds a secret in every disguise") {
  const std::string secret = "needle7Q";
  const auto found = [&](const std::string& text) {
    const auto forms = disguises(secret);
    return std::ranges::any_of(forms, [&](const auto& form) { return text.find(form) != std::string::npos; });
  };
  CHECK(found("a url?x=needle7Q&y"));
  CHECK(found("bmVlZGxlN1E="));          // alone
  CHECK(found("dXNlcjpuZWVkbGU3UQ=="));  // user:needle7Q
  CHECK(found("dTpuZWVkbGU3UTp4"));      // u:needle7Q:x
  CHECK(found("eHV1OnVuZWVkbGU3UQ=="));  // xuu:uneedle7Q
  CHECK(found("6e6565646c653751"));
  CHECK(found("6E6565646C653751"));
  CHECK_FALSE(found("needle7"));
}

TEST_CASE("A client secret shows nowhere, wherever it is kept") {
  const std::string where = GENERATE("vault", "environment", "folder", "credential");
  CAPTURE(where);
  const Canary canary{"kC2lient" + where + "Hq7wZx91"};
  Scene scene({}, few_records());
  const Place place = place_named(where, scene.stage, canary.secret());
  Watch watch(scene.stage, place.surroundings);
  scene.source.change_application({{"secret", canary.secret()}});
  scene.stage.configure(
      {.connection = connection_with_auth(
           scene.stage, "{ grant: client_credentials, client_id: " + scene.source.server().client().id +
                            ", client_secret: \"" + place.reference + "\" }")});
  plant(place, watch, canary.secret());
  CHECK(watch.run("sync --debug").exit_status == 0);
  watch.run_everything();
  crash(watch, scene.source, SIGKILL);
  crash(watch, scene.source, SIGABRT);
  crash(watch, scene.source, SIGSEGV);
  CHECK(watch.run("sync").exit_status == 0);

  // The same secret, refused from now on; the server says so in its own words.
  scene.source.change_application({{"secret", "another"}});
  scene.source.revoke_access();
  CHECK(watch.run("sync --debug").exit_status == 4);
  watch.run_everything();
  CHECK(watch.sightings(canary.core, place.planted) == "");
  for (const std::string& token : scene.source.issued()) CHECK(watch.sightings(token) == "");
}

TEST_CASE("An API key shows nowhere") {
  const Canary canary{"kA9piKeyHq7wZx91"};
  Scene scene({}, few_records());
  Watch watch(scene.stage);
  scene.source.change_application({{"grant", "api_key"}, {"api_key", canary.core}});
  scene.stage.configure(
      {.connection = connection_with_auth(scene.stage, "{ grant: api_key, api_key: \"secret://canary\" }")});
  CHECK(watch.run("secrets set canary", canary.core).exit_status == 0);
  CHECK(watch.run("sync --debug").exit_status == 0);
  watch.run_everything();
  crash(watch, scene.source, SIGABRT);
  scene.source.change_application({{"api_key", "another"}});
  CHECK(watch.run("sync --debug").exit_status == 4);
  watch.run_everything();
  CHECK(watch.sightings(canary.core) == "");
}

TEST_CASE("A proxy's password shows nowhere") {
  struct Case {
    const char* what;
    std::string before, after;  ///< of the secret in the proxy's address
    bool is_address = true;     ///< the proxy's address goes behind
    int status = 2;             ///< of a sync
  };
  const auto [what, before, after, is_address, status] =
      GENERATE(values<Case>({{"the right one", "http://user:", "@", true, 0},
                             {"a wrong one", "http://user:x", "@", true},
                             {"no address around it", "", "", false},
                             {"half an address around it", "http://user:", "@", false}}));
  CAPTURE(what);
  const Canary canary{"kP3roxyHq7wZx91"};
  const psabridge::test::FaultProxy proxy(psabridge::test::ConnectMode{.credentials = "user:" + canary.core});
  Scene scene({}, few_records());
  Watch watch(scene.stage);
  scene.stage.configure({.connection = scene.stage.connection_with("", "") + "proxy: secret://canary\n"});
  const std::string value = before + canary.core + after + (is_address ? proxy.address() : "");
  CHECK(watch.run("secrets set canary", value).exit_status == 0);
  const Outcome synced = watch.run("sync --debug");
  INFO(synced.describe());
  CHECK(synced.exit_status == status);
  watch.run_everything();
  if (status == 0) crash(watch, scene.source, SIGABRT);
  CHECK(watch.sightings(canary.core) == "");
}

TEST_CASE("Tokens show nowhere: of a sign-in with the browser, and renewed ones") {
  Scene scene({}, few_records());
  Watch watch(scene.stage);
  const std::string redirect = "http://127.0.0.1:" + std::to_string(free_port()) + "/callback";
  scene.source.change_application(
      {{"grant", "authorization_code"}, {"redirect_uris", json::array{redirect}}, {"secret", nullptr}});
  scene.stage.configure(
      {.connection = connection_with_auth(
           scene.stage, "{ grant: authorization_code, client_id: " + scene.source.server().client().id +
                            ", redirect_uri: \"" + redirect + "\" }")});
  sign_in_with_browser(watch, scene.source);
  CHECK(watch.run("sync --debug").exit_status == 0);
  watch.run_everything();
  for (int renewal = 0; renewal < 3; ++renewal) {
    scene.source.revoke_access();
    CHECK(watch.run("sync --debug").exit_status == 0);
  }
  crash(watch, scene.source, SIGKILL);
  crash(watch, scene.source, SIGABRT);
  const auto issued = scene.source.issued();
  CHECK(issued.size() >= 9);  // a code, and four pairs of tokens
  for (const std::string& token : issued) CHECK(watch.sightings(token) == "");
}
