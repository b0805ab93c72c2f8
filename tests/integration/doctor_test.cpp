// Set-ups that are wrong in one way each: the doctor finds the fault and names the mend.
#include <sys/stat.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "tests/faultproxy/fault_proxy.h"
#include "tests/faultproxy/tls_peer.h"
#include "tests/integration/harness.h"

using namespace psabridge::integration;
namespace json = boost::json;
namespace test = psabridge::test;

namespace {

/// A scene, and what a fault needs beside it for as long as the doctor looks.
struct Patient {
  Scene scene{{}, small_shape()};
  std::vector<std::shared_ptr<void>> props;
  Surroundings surroundings = {};

  template <class Prop, class... Arguments>
  Prop& add(Arguments&&... arguments) {
    auto prop = std::make_shared<Prop>(std::forward<Arguments>(arguments)...);
    props.push_back(prop);
    return *prop;
  }
  void set(std::string_view key, const std::string& value) {
    scene.stage.configure({.connection = scene.stage.connection_with(key, value)});
  }
  /// Further lines of the connection.
  void with(const std::string& lines) {
    scene.stage.configure({.connection = scene.stage.connection_with("", "") + lines});
  }
  void auth(const std::string& yaml) { set("auth", yaml); }
  void application(const json::object& settings) { scene.source.change_application(settings); }
  std::string client() const { return scene.source.server().client().id; }
  std::string with_secret() const {
    return "{ client_id: " + client() + ", client_secret: env://PSABRIDGE_TEST_SECRET";
  }
  void at_peer(test::TlsFlaw flaw) {
    const auto& peer = add<test::TlsPeer>(flaw);
    scene.stage.configure({.connection = "connector: halo\nurl: " + peer.url() + "\nauth: " + with_secret() +
                                         " }\ntls: { ca_file: " + peer.ca_file().string() +
                                         " }\nallow_private: true\n"});
  }
  std::filesystem::path folder() const { return scene.stage.folder(); }
};

/// What the doctor has to find.
struct Fault {
  const char* name;
  std::function<void(Patient&)> arrange;
  std::string_view check, health, code;
  std::string_view fix;  ///< a part of it
};

const json::object* find(const json::array& findings, const Fault& fault) {
  for (const json::value& value : findings) {
    const json::object& finding = value.as_object();
    if (finding.at("check").as_string() == fault.check && finding.at("health").as_string() == fault.health &&
        finding.at("code").as_string() == fault.code)
      return &finding;
  }
  return nullptr;
}

json::array examine(const Patient& patient, const std::vector<std::string>& arguments = {}) {
  std::vector<std::string> command{"doctor", "--json"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const Outcome outcome = patient.scene.stage.run(command, patient.surroundings);
  INFO(outcome.describe());
  const json::object data = json::parse(outcome.out).as_object().at("data").as_object();
  return data.at("findings").as_array();
}

void expect(const Fault& fault) {
  Patient patient;
  fault.arrange(patient);
  const json::array findings = examine(patient);
  INFO(json::serialize(findings));
  const json::object* const found = find(findings, fault);
  REQUIRE(found != nullptr);
  const std::string fix(found->at("fix").as_string());
  INFO(fix);
  CHECK(fix.find(fault.fix) != std::string::npos);
}

void open_to_all(const std::filesystem::path& file, mode_t mode) {
  REQUIRE(::chmod(file.c_str(), mode) == 0);
}

/// SQLite keeps the version of the form in these bytes of the file's head.
void set_user_version(const std::filesystem::path& database) {
  constexpr std::size_t kPlace = 60;
  std::string bytes = read_text(database);
  bytes.replace(kPlace, 4, std::string("\0\0\3\347", 4));
  write_text(database, bytes);
}

const std::vector<Fault>& faults() {
  using test::TlsFlaw;
  static const std::vector<Fault> kFaults{
      // --- the address ---
      {"the portal's address in place of Halo's",
       [](Patient& p) { p.set("url", p.scene.source.server().url() + "/portal"); }, "address", "fail",
       "PB1207", "Set url of the connection to"},
      {"a name that does not exist", [](Patient& p) { p.set("url", "https://halo.invalid"); }, "dns", "fail",
       "PB1201", "spelling"},
      {"nothing listens at the port", [](Patient& p) { p.set("url", "https://localhost:9"); }, "connect",
       "fail", "PB1201", "firewall"},
      {"a firewall drops everything",
       [](Patient& p) {
         auto& proxy = p.add<test::FaultProxy>(test::Target{"127.0.0.1", p.scene.source.server().port()});
         proxy.afflict(test::Direction::both, {.silent = true});
         p.scene.stage.configure(
             {.connection =
                  p.scene.stage.connection_with("url", "https://localhost:" + std::to_string(proxy.port())) +
                  "timeouts: { connect: 1s, first_byte: 1s, total: 2s }\n"});
       },
       "tls", "fail", "PB1201", "firewall"},
      {"a private address that nobody allowed", [](Patient& p) { p.set("allow_private", "false"); }, "dns",
       "fail", "PB1216", "allow_private: true"},
      {"an authorisation server that is none",
       [](Patient& p) { p.with("auth_url: " + p.scene.source.server().url() + "/portal\n"); }, "credentials",
       "fail", "PB1207", "auth_url"},

      // --- TLS ---
      {"a certificate that expired", [](Patient& p) { p.at_peer(TlsFlaw::expired); }, "tls", "fail", "PB1213",
       ""},
      {"a certificate that is not valid yet", [](Patient& p) { p.at_peer(TlsFlaw::not_yet_valid); }, "tls",
       "fail", "PB1213", ""},
      {"a certificate for another name", [](Patient& p) { p.at_peer(TlsFlaw::wrong_name); }, "tls", "fail",
       "PB1213", ""},
      {"a self-signed certificate", [](Patient& p) { p.at_peer(TlsFlaw::self_signed); }, "tls", "fail",
       "PB1213", ""},
      {"an authority that nobody knows", [](Patient& p) { p.at_peer(TlsFlaw::unknown_authority); }, "tls",
       "fail", "PB1213", ""},
      {"a chain with a gap", [](Patient& p) { p.at_peer(TlsFlaw::missing_intermediate); }, "tls", "fail",
       "PB1213", ""},
      {"TLS 1.0 only", [](Patient& p) { p.at_peer(TlsFlaw::only_tls_1_0); }, "tls", "fail", "PB1213", ""},
      {"TLS 1.1 only", [](Patient& p) { p.at_peer(TlsFlaw::only_tls_1_1); }, "tls", "fail", "PB1213", ""},
      {"no TLS at all", [](Patient& p) { p.at_peer(TlsFlaw::no_tls); }, "tls", "fail", "PB1213", ""},
      {"no file with the authority", [](Patient& p) { p.set("tls", "{ ca_file: /nowhere/ca.pem }"); }, "tls",
       "fail", "PB1210", "tls.ca_file"},

      // --- the proxy ---
      {"no proxy at its address", [](Patient& p) { p.with("proxy: http://127.0.0.1:9\n"); }, "connect",
       "fail", "PB1201", ""},
      {"a proxy that wants a sign-in",
       [](Patient& p) {
         const auto& proxy = p.add<test::FaultProxy>(test::ConnectMode{.credentials = "user:pass"});
         p.with("proxy: http://" + proxy.address() + "\n");
       },
       "connect", "fail", "PB1214", "proxy"},
      {"a wrong password for the proxy",
       [](Patient& p) {
         const auto& proxy = p.add<test::FaultProxy>(test::ConnectMode{.credentials = "user:pass"});
         p.surroundings.environment["PSABRIDGE_TEST_PROXY"] = "http://user:wrong@" + proxy.address();
         p.with("proxy: env://PSABRIDGE_TEST_PROXY\n");
       },
       "connect", "fail", "PB1214", "proxy"},

      // --- secrets ---
      {"a variable that is not set",
       [](Patient& p) { p.auth("{ client_id: x, client_secret: env://PSABRIDGE_NOT_SET }"); }, "secrets",
       "fail", "PB1010", ""},
      {"a secret that nobody set",
       [](Patient& p) { p.auth("{ client_id: x, client_secret: secret://nobody }"); }, "secrets", "fail",
       "PB1010", ""},
      {"a secret file that everybody may read",
       [](Patient& p) {
         const auto file = p.folder() / "secret.txt";
         write_text(file, "a-secret-value\n");
         open_to_all(file, 0644);
         p.auth("{ client_id: x, client_secret: \"file://" + file.string() + "\" }");
       },
       "secrets", "fail", "PB1010", ""},

      // --- the sign-in ---
      {"a client id that Halo does not know",
       [](Patient& p) { p.auth("{ client_id: nobody, client_secret: env://PSABRIDGE_TEST_SECRET }"); },
       "credentials", "fail", "PB1203", "client_id"},
      {"a wrong client secret",
       [](Patient& p) {
         p.application({{"secret", "another-secret"}});
       },
       "credentials", "fail", "PB1203", "client_secret"},
      {"a secret that was exchanged in Halo while the old token is still good",
       [](Patient& p) {
         p.scene.stage.sync();
         p.application({{"secret", "another-secret"}});
       },
       "credentials", "fail", "PB1203", "client_secret"},
      {"an application that is not active",
       [](Patient& p) {
         p.application({{"active", false}});
       },
       "credentials", "fail", "PB1203", "active"},
      {"an application of another authentication method",
       [](Patient& p) {
         p.application({{"grant", "authorization_code"}});
       },
       "credentials", "fail", "PB1203", "Client ID and Secret"},
      {"a permission that the application does not have",
       [](Patient& p) {
         p.application({{"scopes", json::array{"read:tickets"}}});
       },
       "credentials", "fail", "PB1203", "Permissions"},
      {"a wrong API key",
       [](Patient& p) {
         p.application({{"api_key", "the-right-key"}});
         p.surroundings.environment["PSABRIDGE_TEST_KEY"] = "the-wrong-key";
         p.auth("{ grant: api_key, api_key: env://PSABRIDGE_TEST_KEY }");
       },
       "credentials", "fail", "PB1203", ""},
      {"a redirect URI that differs by a slash",
       [](Patient& p) {
         p.application({{"redirect_uris", json::array{"http://127.0.0.1:8741/callback/"}}});
         p.auth("{ grant: authorization_code, client_id: " + p.client() + " }");
       },
       "redirect_uri", "fail", "PB1203", "http://127.0.0.1:8741/callback"},
      {"nobody signed in yet",
       [](Patient& p) {
         p.application({{"redirect_uris", json::array{"http://127.0.0.1:8741/callback"}}});
         p.auth("{ grant: authorization_code, client_id: " + p.client() + " }");
       },
       "credentials", "fail", "PB1902", "connection auth"},
      {"another tenant", [](Patient& p) { p.set("tenant", "other"); }, "tenant", "fail", "PB1207",
       "Set tenant"},

      // --- rights ---
      {"a scope too few",
       [](Patient& p) {
         p.auth("{ client_id: " + p.client() +
                ", client_secret: env://PSABRIDGE_TEST_SECRET, scopes: [ \"read:tickets\", "
                "\"read:customers\" ] }");
       },
       "scope", "fail", "PB1204", "read:assets"},
      {"an agent who is disabled",
       [](Patient& p) {
         p.application({{"agent", json::object{{"disabled", true}}}});
       },
       "agent", "fail", "PB1203", "agent"},
      {"an agent who is no administrator where administration is asked for",
       [](Patient& p) {
         p.application({{"agent", json::object{{"admin", false}}}});
         p.auth(p.with_secret() +
                ", scopes: [ \"read:tickets\", \"read:customers\", \"read:assets\", admin ] }");
       },
       "agent", "warn", "PB1204", "administrator's role"},
      {"an agent who sees no clients",
       [](Patient& p) {
         p.application({{"agent", json::object{{"sees_clients", false}}}});
       },
       "scope", "warn", "PB1204", "role"},
      {"more rights than the pipelines need",
       [](Patient& p) { p.auth(p.with_secret() + ", scopes: [ all ] }"); }, "scopes granted", "warn",
       "PB1219", "Leave out all"},

      // --- the source's health ---
      {"Halo is upgraded",
       [](Patient& p) {
         p.scene.source.switch_faults({{"maintenance", json::object{{"resource", "*"}, {"times", 0}}}});
       },
       "health", "fail", "PB1230", ""},
      {"Halo's gateway fails",
       [](Patient& p) {
         p.scene.source.switch_faults({{"html_502", json::object{{"times", 0}}}});
       },
       "agent", "fail", "PB1206", "Halo's support"},
      {"Halo shows its login page for the API",
       [](Patient& p) {
         p.scene.source.switch_faults({{"html_200", json::object{{"times", 0}, {"resource", "*"}}}});
       },
       "address", "fail", "PB1207", ""},
      {"clocks that differ", [](Patient& p) { p.scene.source.let_pass(7200); }, "clock", "fail", "PB2010",
       "timedatectl"},

      // --- how the connection stands ---
      {"a connection that an admin paused",
       [](Patient& p) {
         p.scene.stage.run({"connection", "pause", "--reason", "we move"});
       },
       "state", "warn", "PB1906", "connection resume"},
      {"a connection that waits for a sign-in",
       [](Patient& p) {
         p.application({{"active", false}});
         p.scene.stage.sync({}, 4);
         p.application({{"active", true}});
       },
       "state", "warn", "PB1907", "connection auth"},
      {"an open maintenance window",
       [](Patient& p) { p.with("maintenance: [ { from: \"00:00\", to: \"00:00\" } ]\n"); }, "state", "warn",
       "PB1908", ""},

      // --- the installation ---
      {"a word that the configuration does not have", [](Patient& p) { p.with("tenent: acme\n"); },
       "configuration", "fail", "PB1003", "validate"},
      {"a setting that the connector does not have",
       [](Patient& p) { p.auth(p.with_secret() + ", user: x }"); }, "configuration", "fail", "PB1003",
       "validate"},
      {"a configuration that everybody may change",
       [](Patient& p) { open_to_all(p.scene.stage.config(), 0666); }, "files", "fail", "PB2003", "chmod o-w"},
      {"a store that everybody may read",
       [](Patient& p) {
         p.scene.stage.sync();
         open_to_all(p.scene.stage.database(), 0644);
       },
       "files", "fail", "PB2003", "chmod o="},
      {"secrets beside the configuration that everybody may read",
       [](Patient& p) {
         const auto file = p.folder() / "secrets" / "halo";
         std::filesystem::create_directories(file.parent_path());
         open_to_all(file.parent_path(), 0700);
         write_text(file, "a-secret-value\n");
         open_to_all(file, 0644);
       },
       "files", "fail", "PB2003", "chmod o="},
      {"a pipeline that was never run", [](Patient&) {}, "pipelines", "skip", "", ""},
      {"a run that failed",
       [](Patient& p) {
         p.scene.stage.sync();
         p.scene.source.switch_faults({{"html_200", json::object{{"times", 0}}}});
         p.scene.stage.sync({}, 2);
         p.scene.source.switch_faults_off();
       },
       "pipelines", "fail", "PB1207", "runs show"},
      {"a store of a newer version",
       [](Patient& p) {
         p.scene.stage.sync();
         set_user_version(p.scene.stage.database());
       },
       "store", "fail", "PB1305", ""},
      {"a plugin that is no plugin",
       [](Patient& p) {
         const auto folder = p.folder() / "plugins";
         std::filesystem::create_directories(folder);
         write_text(folder / "garbage.so", "no ELF");
         p.scene.stage.configure({.more = "", .connection = ""});
         write_text(p.scene.stage.config(), read_text(p.scene.stage.config()) + "plugins: { folders: [ " +
                                                folder.string() + " ] }\n");
       },
       "plugins", "fail", "PB1102", "plugins verify"},
      {"a vault whose key is lost",
       [](Patient& p) {
         p.scene.stage.sync();  // seals a token
         std::filesystem::remove(p.scene.stage.database().string() + ".key");
       },
       "vault", "fail", "PB2004", "secrets.md"},
  };
  return kFaults;
}

}  // namespace

TEST_CASE("The doctor finds each of the set-ups that are wrong, and names the mend") {
  for (const Fault& fault : faults()) DYNAMIC_SECTION(fault.name) {
      expect(fault);
    }
}

TEST_CASE("The doctor finds nothing wrong with a connection that works") {
  Patient patient;
  patient.scene.stage.sync();
  for (const json::value& finding : examine(patient)) {
    INFO(json::serialize(finding));
    CHECK(finding.as_object().at("health").as_string() == "pass");
  }
}

TEST_CASE("The doctor changes nothing in the store and asks for nothing but reads") {
  Patient patient;
  patient.scene.stage.sync();
  const std::string before = patient.scene.stage.store().text("SELECT count(*) FROM psabridge_run");
  patient.scene.source.reset_ledger();
  examine(patient, {"--deep"});
  CHECK(patient.scene.stage.store().text("SELECT count(*) FROM psabridge_run") == before);
  CHECK(patient.scene.stage.differences() == "");
}

TEST_CASE("A check that is asked for by name is the only one that is made") {
  Patient patient;
  for (const json::value& finding : examine(patient, {"--check", "tls", "--check", "disk"})) {
    const auto& check = finding.as_object().at("check").as_string();
    CHECK((check == "tls" || check == "disk"));
  }
  const Outcome unknown = patient.scene.stage.run({"doctor", "--check", "tsl"});
  CHECK(unknown.exit_status == 2);
  CHECK(unknown.says("tls"));
}
