// Connections are set up and taken away by commands, against the sandbox: what is asked, what is checked
// before anything is written, what is written, and where the secret goes.
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "tests/integration/harness.h"

using namespace psabridge::integration;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

const std::string kCommented =
    "# Looked after by the night shift.\n"
    "version: 1\n"
    "store: sqlite:here.db   # beside this file\n"
    "\n"
    "connections:\n"
    "    # the first tenant\n"
    "    first:\n"
    "        connector: halo\n"
    "        url: https://first.example.com # as in the browser\n"
    "        auth: { client_id: x, client_secret: secret://first }\n"
    "\n"
    "# what is read\n"
    "pipelines:\n"
    "    nightly: { connection: first, entities: { client: {} } }\n";

/// One sandbox for all tests; connections only look at it.
Source& source() {
  static const Folder tls_folder;
  static Source source(small_shape(), tls_folder.path());
  return source;
}

/// A configuration that commands work on.
class Desk {
 public:
  /// `name` "": the folder itself.
  explicit Desk(const std::string& name = "psabridge.yaml")
      : config_(name.empty() ? folder_.path() : folder_ / name) {}

  const fs::path& config() const { return config_; }
  fs::path folder() const { return folder_.path(); }
  std::string text() const { return read_text(config_); }

  /// `psabridge ARGUMENTS`, with `input` on standard input.
  Outcome run(std::vector<std::string> arguments, const std::string& input = {}) const {
    std::vector<std::string> command{PSABRIDGE_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    command.insert(command.end(), {"--config", config_.string()});
    return psabridge::integration::run(command, {.input = input});
  }

  /// `connection add NAME` for the sandbox, with its secret.
  Outcome add(const std::string& name, const std::vector<std::string>& more = {}) const {
    return add_with_secret(name, source().server().client().secret + "\n", more);
  }
  Outcome add_with_secret(const std::string& name, const std::string& secret,
                          const std::vector<std::string>& more = {}) const {
    const auto& server = source().server();
    std::vector<std::string> arguments{"connection",
                                       "add",
                                       name,
                                       "--url",
                                       server.url(),
                                       "--tenant",
                                       "sandbox",
                                       "--client-id",
                                       server.client().id,
                                       "--ca-file",
                                       server.ca_file().string(),
                                       "--allow-private"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, secret);
  }

  /// The names of what `secrets list` shows.
  std::set<std::string> secrets() const {
    std::set<std::string> names;
    const json::value answer = json::parse(run({"secrets", "list", "--json"}).out);
    for (const json::value& secret : answer.at("data").as_array())
      names.emplace(secret.at("name").as_string());
    return names;
  }

  /// The files of the folder, by name.
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path()))
      names.insert(entry.path().filename().string());
    return names;
  }

 private:
  Folder folder_;
  const fs::path config_;
};

/// The first line that says `words`, for messages in assertions.
bool says(const Outcome& outcome, const std::string& words) {
  UNSCOPED_INFO(outcome.describe());
  return outcome.says(words);
}

}  // namespace

TEST_CASE("From nothing to records in the store with two commands") {
  const Desk desk;
  const Outcome added = desk.add("acme", {"--pipeline"});
  INFO(added.describe());
  CHECK(added.exit_status == 0);
  CHECK(added.out.find("Added the connection acme to " + desk.config().string()) != std::string::npos);
  CHECK(added.out.find("psabridge plan acme") != std::string::npos);
  CHECK(desk.secrets() == std::set<std::string>{"acme", "oauth.acme"});  // with the token of the test
  CHECK(desk.run({"validate"}).exit_status == 0);
  // One entity: the usual rate limit of the configuration would make all of them take minutes.
  CHECK(desk.run({"sync", "--entity", "client"}).exit_status == 0);
  CHECK(StoreFile(desk.folder() / "psabridge.db").texts("SELECT name FROM client").size() > 1);
  CHECK(desk.files().count("psabridge.yaml.bak") == 0);
}

TEST_CASE("The secret stands in no file and no answer") {
  const Desk desk;
  const Outcome added = desk.add("acme", {"--debug"});
  const std::string secret = source().server().client().secret;
  CHECK_FALSE(added.says(secret));
  for (const auto& entry : fs::recursive_directory_iterator(desk.folder())) {
    CAPTURE(entry.path());
    if (entry.is_regular_file()) CHECK(read_text(entry.path()).find(secret) == std::string::npos);
  }
}

TEST_CASE("A file with comments keeps every byte beside the new entry") {
  const Desk desk;
  write_text(desk.config(), kCommented);
  REQUIRE(::chmod(desk.config().c_str(), 0604) == 0);
  const Outcome added = desk.add("acme", {"--json"});
  INFO(added.describe());
  CHECK(added.exit_status == 0);
  const json::value answer = json::parse(added.out).at("data");
  CHECK(answer.at("secret") == "secret://acme");
  CHECK(answer.at("backup") == (desk.config().string() + ".bak").c_str());
  CHECK(answer.at("test").at("findings").as_array().size() > 5);

  const std::string text = desk.text();
  const std::size_t start = text.find("    acme:\n"), end = text.find("\n# what is read");
  REQUIRE(start < end);
  CHECK(text.substr(0, start) + text.substr(end) == kCommented);
  CHECK(text.find("        url: \"" + source().server().url() + "\"\n") != std::string::npos);
  CHECK(read_text(desk.config().string() + ".bak") == kCommented);
  struct stat status {};
  REQUIRE(::stat(desk.config().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0604);
  CHECK(desk.files().count("psabridge.yaml.new") == 0);
}

TEST_CASE("What is missing is named when nobody can be asked, and nothing is written") {
  struct Case {
    std::vector<std::string> arguments;
    std::string input, words;
  };
  const std::vector<Case> cases = {
      {{"connection", "add"}, "secret", "NAME"},
      {{"connection", "add", "acme"}, "secret", "--url"},
      {{"connection", "add", "acme", "--url", "https://acme.example.com"}, "secret", "--client-id"},
      {{"connection", "add", "acme", "--url", "https://acme.example.com", "--client-id", "x"},
       "",
       "standard input"},
      {{"connection", "add", "acme", "--url", "https://acme.example.com", "--client-id", "x", "--grant",
        "magic"},
       "secret",
       "magic"},
  };
  const Desk desk;
  for (const auto& [arguments, input, words] : cases) {
    const Outcome outcome = desk.run(arguments, input);
    CHECK(outcome.exit_status == 2);
    CHECK(says(outcome, "PB1601"));
    CHECK(says(outcome, words));
    CHECK(desk.files().empty());
  }
}

TEST_CASE("Settings that cannot be right are refused before anything is written") {
  const std::vector<std::vector<std::string>> cases = {
      {"acme", "--url", "ftp://acme.example.com", "--client-id", "x"},
      {"a b", "--url", "https://acme.example.com", "--client-id", "x"},
      {"acme", "--url", "https://acme.example.com", "--client-id", "x", "--redirect-uri", "callback"},
      {"acme", "--url", "https://acme.example.com", "--client-id", "x", "--proxy",
       "http://me:plain@proxy:3128"},
  };
  for (auto arguments : cases) {
    const Desk desk;
    arguments.insert(arguments.begin(), {"connection", "add"});
    const Outcome outcome = desk.run(arguments, "secret");
    INFO(outcome.describe());
    CHECK(outcome.exit_status == 2);
    CHECK(outcome.err.find("error PB10") != std::string::npos);
    CHECK_FALSE(outcome.says("plain@"));
    CHECK(desk.files().empty());
  }
}

TEST_CASE("A name that is taken is refused, and all stays as it is") {
  const Desk desk;
  write_text(desk.config(), kCommented);
  struct Case {
    std::string name;
    std::vector<std::string> more;
    std::string words;
  };
  for (const auto& [name, more, words] : {Case{"first", {}, "connection first already"},
                                          Case{"nightly", {"--pipeline"}, "pipeline nightly already"}}) {
    const Outcome outcome = desk.add(name, more);
    CHECK(outcome.exit_status == 7);
    CHECK(says(outcome, "PB1605"));
    CHECK(says(outcome, words));
    CHECK(desk.text() == kCommented);
    CHECK(desk.files() == std::set<std::string>{"psabridge.yaml"});
  }
}

TEST_CASE("A section in braces is left alone, and the entry is shown to be pasted") {
  const Desk desk;
  const std::string text =
      "version: 1\nconnections: { first: { connector: halo, url: https://first.example.com,"
      " auth: { client_id: x, client_secret: secret://first } } }\n";
  write_text(desk.config(), text);
  const Outcome outcome = desk.add("acme");
  CHECK(outcome.exit_status == 2);
  CHECK(says(outcome, "PB1012"));
  CHECK(says(outcome, "  acme:\n    connector: halo\n"));
  CHECK(says(outcome, desk.config().string()));
  CHECK(desk.text() == text);
  CHECK(desk.secrets().empty());
}

TEST_CASE("A wrong secret is told by the test that follows, and the connection stays to be mended") {
  const Desk desk;
  const Outcome added = desk.add_with_secret("acme", "not-the-secret");
  CHECK(added.exit_status == 4);
  CHECK(says(added, "PB1203"));
  CHECK(desk.run({"secrets", "set", "acme"}, source().server().client().secret).exit_status == 0);
  const Outcome tested = desk.run({"connection", "test", "acme"});
  INFO(tested.describe());
  CHECK(tested.exit_status == 0);
}

TEST_CASE("A sign-in of a person is not tried but named as the next step") {
  const Desk desk;
  const Outcome added = desk.add_with_secret("acme", "", {"--grant", "authorization_code"});
  INFO(added.describe());
  CHECK(added.exit_status == 0);
  CHECK(added.out.find("psabridge connection auth acme") != std::string::npos);
  CHECK(desk.text().find("client_secret") == std::string::npos);
  CHECK(desk.secrets().empty());
}

TEST_CASE("An API key is kept as the connection's secret") {
  const Desk desk;
  const Outcome added = desk.run({"connection", "add", "acme", "--url", "https://acme.example.com", "--grant",
                                  "api_key", "--no-test", "--scopes", "read:tickets,read:assets"},
                                 "the-key\n");
  INFO(added.describe());
  CHECK(added.exit_status == 0);
  CHECK(added.out.find("psabridge connection test acme") != std::string::npos);
  CHECK(
      desk.text().find("      api_key: secret://acme\n      scopes: [\"read:tickets\", \"read:assets\"]\n") !=
      std::string::npos);
  CHECK(desk.secrets() == std::set<std::string>{"acme"});
}

TEST_CASE("In a folder a connection has a file of its own") {
  const Desk desk("");
  REQUIRE(desk.add("first", {"--no-test"}).exit_status == 0);
  const std::string first = read_text(desk.folder() / "first.yaml");
  REQUIRE(desk.add("second", {"--no-test", "--pipeline"}).exit_status == 0);
  CHECK(first.find("version: 1\n") != std::string::npos);
  CHECK(read_text(desk.folder() / "first.yaml") == first);
  CHECK(desk.run({"validate"}).exit_status == 0);
  CHECK(desk.run({"connection", "remove", "first", "--yes"}).exit_status == 0);
  CHECK(desk.run({"validate"}).exit_status == 0);
  CHECK(desk.secrets() == std::set<std::string>{"second"});
  CHECK(desk.add("first", {"--no-test"}).exit_status == 0);
}

TEST_CASE("A connection that a pipeline uses is not removed") {
  const Desk desk;
  write_text(desk.config(), kCommented);
  const Outcome refused = desk.run({"connection", "remove", "first", "--yes"});
  CHECK(refused.exit_status == 7);
  CHECK(says(refused, "PB1606"));
  CHECK(says(refused, "nightly"));
  CHECK(desk.text() == kCommented);
}

TEST_CASE("Without somebody to ask, removing wants --yes") {
  const Desk desk;
  REQUIRE(desk.add("acme", {"--no-test"}).exit_status == 0);
  const std::string before = desk.text();
  const Outcome refused = desk.run({"connection", "remove", "acme"}, "acme\n");
  CHECK(refused.exit_status == 2);
  CHECK(says(refused, "--yes"));
  CHECK(desk.text() == before);
  CHECK(desk.secrets() == std::set<std::string>{"acme"});
}

TEST_CASE("Removing a connection undoes adding it, and keeps what was stored") {
  const Desk desk;
  write_text(desk.config(), kCommented);
  REQUIRE(desk.add("acme").exit_status == 0);
  REQUIRE(desk.run({"secrets", "set", "oauth.acme"}, "tokens").exit_status == 0);
  write_text(desk.folder() / "here.db", "");  // stands for a store
  const Outcome removed = desk.run({"connection", "remove", "acme", "--yes"});
  INFO(removed.describe());
  CHECK(removed.exit_status == 0);
  CHECK(removed.out.find("stay in the store") != std::string::npos);
  CHECK(desk.text() == kCommented);
  CHECK(desk.secrets().empty());
  CHECK(fs::exists(desk.folder() / "here.db"));
  CHECK(says(desk.run({"connection", "show", "acme"}), "PB1602"));
  CHECK(StoreFile(desk.folder() / "here.db.control").texts("SELECT name FROM connection").empty());
}

TEST_CASE("A secret that another connection uses outlives the one of its name") {
  const Desk desk;
  REQUIRE(desk.add("acme", {"--no-test"}).exit_status == 0);
  write_text(desk.config(), desk.text() +
                                "  other:\n    connector: halo\n    url: https://other.example.com\n"
                                "    auth: { client_id: x, client_secret: secret://acme }\n");
  REQUIRE(desk.run({"connection", "remove", "acme", "--yes"}).exit_status == 0);
  CHECK(desk.secrets() == std::set<std::string>{"acme"});
  const Outcome again = desk.add("acme", {"--no-test"});
  CHECK(again.exit_status == 7);
  CHECK(says(again, "connections.other"));
}

TEST_CASE("init names the vault as the place of the secret") {
  const Desk desk;
  const Outcome made =
      desk.run({"init", "--url", "https://acme.example.com", "--tenant", "acme", "--client-id", "x"});
  CHECK(made.exit_status == 0);
  CHECK(says(made, "psabridge secrets set halo"));
  CHECK(desk.run({"secrets", "set", "halo"}, "secret").exit_status == 0);
  CHECK(desk.run({"validate"}).exit_status == 0);
  CHECK(desk.run({"connection", "add", "acme", "--no-test", "--url", "https://b.example.com", "--client-id",
                  "y"},
                 "s3cret")
            .exit_status == 0);
}
