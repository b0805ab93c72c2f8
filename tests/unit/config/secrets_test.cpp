#include "core/config/secrets.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>

#include "core/base/error.h"
#include "tests/unit/config/temporary_folder.h"

using namespace psabridge::config;
namespace fs = std::filesystem;

namespace {

/// An environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

std::string refusal(const std::string& reference, const fs::path& folder) {
  try {
    resolve_secret(reference, folder);
  } catch (const psabridge::Error& error) {
    CHECK(error.code() == "PB1010");
    CHECK(error.message().find(reference) != std::string::npos);
    return error.message();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("what is a secret reference") {
  for (const std::string text :
       {"env://NAME", "file:///etc/psabridge/secret", "secret://acme", "secret://acme-2.key"}) {
    CAPTURE(text);
    CHECK(is_secret_reference(text));
  }
  for (const std::string text :
       {"", "hunter2", "env://", "env://A=B", "file://relative", "file:///", "secret://", "secret://a/b",
        "secret://../a", "secret:acme", "SECRET://acme"}) {
    CAPTURE(text);
    CHECK_FALSE(is_secret_reference(text));
  }
}

TEST_CASE("a secret is read from its place, without one line end") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("deep/one", " pass word \r\n");
  folder.write("secrets/acme", "named\n\n");
  const Variable variable("PSABRIDGE_TEST_SECRET", "from the environment");
  CHECK(resolve_secret("file://" + file.string(), folder.path()) == " pass word ");
  CHECK(resolve_secret("secret://acme", folder.path()) == "named\n");
  CHECK(resolve_secret("env://PSABRIDGE_TEST_SECRET", folder.path()) == "from the environment");
  CHECK(resolve_secret("plain", folder.path()) == "plain");
}

TEST_CASE("systemd's credentials come first, when the name is there") {
  const TemporaryFolder folder, credentials;
  folder.write("secrets/acme", "from the folder");
  folder.write("secrets/other", "other");
  credentials.write("acme", "from systemd");
  const Variable variable("CREDENTIALS_DIRECTORY", credentials.path().string());
  CHECK(resolve_secret("secret://acme", folder.path()) == "from systemd");
  CHECK(resolve_secret("secret://other", folder.path()) == "other");
}

TEST_CASE("a secret that cannot be read is named, never shown") {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const std::string& text, mode_t mode) {
    const fs::path file = folder.write("secrets/" + name, text);
    REQUIRE(chmod(file.c_str(), mode) == 0);
  };
  write("open", "hunter2", 0644);
  write("empty", "\n", 0600);
  write("binary", std::string("hunter2\0x", 9), 0600);
  write("latin", "hunter2\xe9", 0600);
  write("large", std::string(65537, 'x'), 0600);
  REQUIRE(mkfifo((folder.path() / "secrets/pipe").c_str(), 0600) == 0);
  const Variable variable("PSABRIDGE_TEST_SECRET", "");

  struct Case {
    std::string reference, words;
  };
  const std::vector<Case> cases{
      {"secret://open", "every user of this machine may open it; take that away: chmod o="},
      {"secret://empty", "is empty"},
      {"secret://binary", "bytes that are no text"},
      {"secret://latin", "bytes that are no text"},
      {"secret://large", "larger than 64 KiB"},
      {"secret://pipe", "no regular file"},
      {"secret://none", "secrets/none: No such file"},
      {"env://PSABRIDGE_TEST_NOT_SET", "PSABRIDGE_TEST_NOT_SET is not set"},
      {"env://PSABRIDGE_TEST_SECRET", "PSABRIDGE_TEST_SECRET is empty"},
      {"file://" + folder.path().string(), "no regular file"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.reference, one.words);
    const std::string message = refusal(one.reference, folder.path());
    CHECK(contains(message, one.words));
    CHECK_FALSE(contains(message, "hunter2"));
  }
}
