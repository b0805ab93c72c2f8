// The vault through its public door: what it keeps, which keys open it, what it refuses.
#include <sqlite3.h>

#include <catch2/matchers/catch_matchers_string.hpp>
#include <thread>

#include "core/vault/key_file.h"
#include "tests/unit/vault/vault_fixture.h"

namespace psabridge::vault {
namespace {

using Catch::Matchers::ContainsSubstring;

/// Runs SQL on the control file, as somebody who tampers with it would.
void tamper(const TestFolder& folder, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(control_file_of(folder).c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_changes(handle) > 0);
  sqlite3_close(handle);
}

std::string refusal_of_opening(const TestFolder& folder, const config::VaultPolicy& policy = {}) {
  return refusal([&] { OpenVault(folder, policy)->open("acme"); });
}

TEST_CASE("a vault that was never used has nothing and makes nothing") {
  TestFolder folder;
  OpenVault vault(folder);
  CHECK_FALSE(vault->open("acme"));
  CHECK_FALSE(vault->holds("acme"));
  CHECK_FALSE(vault->remove("acme"));
  CHECK(vault->list().empty());
  CHECK(vault->check().empty());
  vault->rotate();
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("what was sealed is opened, by other processes too") {
  TestFolder folder;
  OpenVault vault(folder);
  vault->seal("acme", "hunter2");
  vault->seal("other", "dolphins \xC3\xA4", "2027-01-31T00:00:00.000Z");
  CHECK(vault->open("acme") == "hunter2");
  OpenVault other(folder);
  CHECK(other->open("acme") == "hunter2");
  CHECK(other->open("other") == "dolphins \xC3\xA4");
  other->seal("acme", "changed");
  CHECK(vault->open("acme") == "changed");
  const auto list = vault->list();
  REQUIRE(list.size() == 2);
  CHECK(list[0].name == "acme");
  CHECK(list[0].updated_at == "2026-03-01T08:00:00.000Z");
  CHECK(list[1].expires_at == "2027-01-31T00:00:00.000Z");
  CHECK(list[0].key == list[1].key);
  CHECK(vault->check().empty());
  CHECK(other->remove("acme"));
  CHECK_FALSE(vault->open("acme"));
}

TEST_CASE("neither file holds the secret, and nobody else may read them") {
  TestFolder folder;
  const mode_t before = umask(0);
  OpenVault(folder)->seal("acme", "a-secret-that-is-nowhere");
  umask(before);
  for (const auto& file : {key_file_of(folder), control_file_of(folder)}) {
    CAPTURE(file);
    CHECK(text_of(file).find("a-secret-that-is-nowhere") == std::string::npos);
    struct stat status {};
    REQUIRE(stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(text_of(key_file_of(folder)).size() == 45);
}

TEST_CASE("values that can be no secret are refused") {
  TestFolder folder;
  OpenVault vault(folder);
  CHECK_THAT(refusal([&] { vault->seal("acme", ""); }),
             ContainsSubstring("PB1807: The value for the secret acme is empty"));
  CHECK_THAT(refusal([&] { vault->seal("acme", std::string(65537, 'x')); }), ContainsSubstring("64 KiB"));
  CHECK_THAT(refusal([&] { vault->seal("acme", "hunter2\xff"); }), ContainsSubstring("no text"));
  CHECK_THAT(refusal([&] { vault->seal("", "hunter2"); }), ContainsSubstring("PB1807"));
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("without the key nothing opens, and no second key is made") {
  TestFolder folder;
  OpenVault(folder)->seal("acme", "hunter2");
  std::filesystem::remove(key_file_of(folder));
  CHECK_THAT(refusal_of_opening(folder),
             ContainsSubstring("PB1802") && ContainsSubstring(key_file_of(folder).string()));
  CHECK_THAT(refusal([&] { OpenVault(folder)->seal("new", "x"); }), ContainsSubstring("PB1802"));
  CHECK_THAT(refusal([&] { OpenVault(folder)->rotate(); }), ContainsSubstring("PB1802"));
  CHECK_FALSE(std::filesystem::exists(key_file_of(folder)));
  OpenVault vault(folder);
  REQUIRE(vault->check().size() == 1);
  CHECK_THAT(vault->check().front(), ContainsSubstring("PB1802"));
  CHECK(vault->list().size() == 1);
  CHECK(vault->remove("acme"));
}

TEST_CASE("another key is told by both fingerprints") {
  TestFolder folder, stranger;
  OpenVault(folder)->seal("acme", "hunter2");
  OpenVault(stranger)->seal("acme", "x");
  const auto ours = KeyFile(key_file_of(folder)).read().fingerprint();
  std::filesystem::copy_file(key_file_of(stranger), key_file_of(folder),
                             std::filesystem::copy_options::overwrite_existing);
  const auto theirs = KeyFile(key_file_of(folder)).read().fingerprint();
  CHECK_THAT(refusal_of_opening(folder),
             ContainsSubstring("PB1803") && ContainsSubstring(ours) && ContainsSubstring(theirs));
}

TEST_CASE("a key file that is no key, or is open to others, is refused") {
  TestFolder folder;
  OpenVault(folder)->seal("acme", "hunter2");
  const auto file = key_file_of(folder);
  SECTION("others may read it") {
    for (const mode_t mode : {0640, 0604, 0620, 0601}) {
      REQUIRE(chmod(file.c_str(), mode) == 0);
      CHECK_THAT(refusal_of_opening(folder), ContainsSubstring("PB1804"));
    }
    CHECK_THAT(OpenVault(folder)->check().front(), ContainsSubstring("PB1804"));
  }
  SECTION("cut short") {
    write_private(file, text_of(file).substr(0, 20));
    CHECK_THAT(refusal_of_opening(folder), ContainsSubstring("PB1802") && ContainsSubstring("holds no key"));
  }
  SECTION("something behind it") {
    write_private(file, text_of(file) + "#");
    CHECK_THAT(refusal_of_opening(folder), ContainsSubstring("PB1802"));
  }
  SECTION("a folder") {
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    CHECK_THAT(refusal_of_opening(folder), ContainsSubstring("PB1802"));
  }
  SECTION("a line end too many is none of these") {
    write_private(file, text_of(file) + "\r\n");
    CHECK(OpenVault(folder)->open("acme") == "hunter2");
  }
}

TEST_CASE("tampering is found: bytes, names, keys") {
  TestFolder folder;
  {
    OpenVault vault(folder);
    vault->seal("acme", "hunter2");
    vault->seal("other", "dolphins");
  }
  const char* expected = "PB1805";
  SECTION("bytes of a secret") {
    tamper(folder, "UPDATE secret SET sealed = zeroblob(length(sealed)) WHERE name = 'acme'");
  }
  SECTION("a secret under another name") {
    tamper(folder,
           "UPDATE secret SET sealed = (SELECT sealed FROM secret WHERE name = 'other') WHERE name = 'acme'");
  }
  SECTION("another data key") { tamper(folder, "UPDATE secret SET key = key + 1 WHERE name = 'acme'"); }
  SECTION("bytes of the data key") { tamper(folder, "UPDATE wrapped_key SET wrapped = zeroblob(73)"); }
  SECTION("the id of the data key") { tamper(folder, "UPDATE wrapped_key SET id = id + 1"); }
  SECTION("no data key") { tamper(folder, "DELETE FROM wrapped_key"); }
  SECTION("another fingerprint") {
    tamper(folder, "UPDATE wrapped_key SET parameters = '{\"fingerprint\":\"0\"}'");
    expected = "PB1803";
  }
  SECTION("no parameters") {
    tamper(folder, "UPDATE wrapped_key SET parameters = 'nonsense'");
    expected = "PB1803";
  }
  CHECK_THAT(refusal_of_opening(folder), ContainsSubstring(expected));
  REQUIRE_FALSE(OpenVault(folder)->check().empty());
  CHECK_THAT(OpenVault(folder)->check().front(), ContainsSubstring(expected));
}

TEST_CASE("a rotation stops at a damaged secret and leaves the others readable") {
  TestFolder folder;
  OpenVault vault(folder);
  vault->seal("acme", "hunter2");
  vault->seal("other", "dolphins");
  tamper(folder, "UPDATE secret SET sealed = zeroblob(length(sealed)) WHERE name = 'acme'");
  CHECK_THAT(refusal([&] { vault->rotate(); }), ContainsSubstring("PB1805") && ContainsSubstring("acme"));
  CHECK(OpenVault(folder)->open("other") == "dolphins");
  vault->seal("acme", "again");
  vault->rotate();
  CHECK(OpenVault(folder)->open("acme") == "again");
}

TEST_CASE("a passphrase opens the vault, and no other") {
  TestFolder folder;
  const config::VaultPolicy policy{
      .key_file = {}, .passphrase = "env://PSABRIDGE_TEST_PASSPHRASE", .credential = {}};
  {
    const Variable right("PSABRIDGE_TEST_PASSPHRASE", "correct horse");
    OpenVault vault(folder, policy);
    vault->seal("acme", "hunter2");
    CHECK(OpenVault(folder, policy)->open("acme") == "hunter2");
    vault->rotate();
    CHECK(OpenVault(folder, policy)->open("acme") == "hunter2");
    CHECK_FALSE(std::filesystem::exists(key_file_of(folder)));
    CHECK(text_of(control_file_of(folder)).find("argon2id") != std::string::npos);
  }
  CHECK_THAT(refusal_of_opening(folder, policy),
             ContainsSubstring("PB1802") && ContainsSubstring("PSABRIDGE_TEST_PASSPHRASE is not set"));
  const Variable wrong("PSABRIDGE_TEST_PASSPHRASE", "battery staple");
  const auto refused = refusal_of_opening(folder, policy);
  CHECK_THAT(refused, ContainsSubstring("PB1803"));
  CHECK(refused.find("battery") == std::string::npos);
  CHECK_THAT(refusal_of_opening(folder),
             ContainsSubstring("PB1803") && ContainsSubstring("closed with a passphrase"));
}

TEST_CASE("numbers of a derivation that would keep the program busy are refused") {
  TestFolder folder;
  const config::VaultPolicy policy{
      .key_file = {}, .passphrase = "env://PSABRIDGE_TEST_PASSPHRASE", .credential = {}};
  const Variable right("PSABRIDGE_TEST_PASSPHRASE", "correct horse");
  OpenVault(folder, policy)->seal("acme", "hunter2");
  for (const char* change :
       {"replace(parameters, '67108864', '99999999999999')", "replace(parameters, ':3,', ':9999999,')",
        "replace(parameters, 'salt', 'sale')", "'[]'"}) {
    tamper(folder, std::string("UPDATE wrapped_key SET parameters = ") + change);
    CHECK_THAT(refusal_of_opening(folder, policy), ContainsSubstring("PB1805"));
  }
}

TEST_CASE("a systemd credential opens the vault") {
  TestFolder folder, credentials;
  const config::VaultPolicy policy{.key_file = {}, .passphrase = {}, .credential = "psabridge-vault"};
  CHECK_THAT(refusal([&] { OpenVault(folder, policy)->seal("acme", "hunter2"); }),
             ContainsSubstring("PB1802"));
  write_private(credentials.path() / "psabridge-vault", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  {
    const Variable folder_of_systemd("CREDENTIALS_DIRECTORY", credentials.path().string());
    OpenVault vault(folder, policy);
    vault->seal("acme", "hunter2");
    vault->rotate();
    CHECK(OpenVault(folder, policy)->open("acme") == "hunter2");
    REQUIRE(chmod((credentials.path() / "psabridge-vault").c_str(), 0440) == 0);
    CHECK(OpenVault(folder, policy)->open("acme") == "hunter2");
    REQUIRE(chmod((credentials.path() / "psabridge-vault").c_str(), 0444) == 0);
    CHECK_THAT(refusal_of_opening(folder, policy), ContainsSubstring("PB1804"));
  }
  CHECK_THAT(refusal_of_opening(folder, policy),
             ContainsSubstring("PB1802") && ContainsSubstring("psabridge-vault"));
}

TEST_CASE("a key file may lie elsewhere") {
  TestFolder folder, elsewhere;
  const config::VaultPolicy policy{.key_file = elsewhere.path() / "key", .passphrase = {}, .credential = {}};
  OpenVault(folder, policy)->seal("acme", "hunter2");
  CHECK(OpenVault(folder, policy)->open("acme") == "hunter2");
  CHECK_FALSE(std::filesystem::exists(key_file_of(folder)));
  const config::VaultPolicy missing{
      .key_file = elsewhere.path() / "no" / "key", .passphrase = {}, .credential = {}};
  TestFolder fresh;
  CHECK_THAT(refusal([&] { OpenVault(fresh, missing)->seal("acme", "x"); }), ContainsSubstring("PB1806"));
}

TEST_CASE("checks tell of files that others may read and of secrets that have expired") {
  TestFolder folder;
  OpenVault vault(folder);
  vault->seal("acme", "hunter2", "2026-02-28T00:00:00.000Z");
  vault->seal("later", "hunter2", "2026-03-02T00:00:00.000Z");
  REQUIRE(chmod(control_file_of(folder).c_str(), 0644) == 0);
  const auto problems = vault->check();
  REQUIRE(problems.size() == 2);
  CHECK_THAT(problems[0], ContainsSubstring("chmod 600"));
  CHECK_THAT(problems[1], ContainsSubstring("acme expired at 2026-02-28"));
}

TEST_CASE("a secret is removed when its time is over, and not before") {
  TestFolder folder;
  OpenVault vault(folder);
  vault->seal("over", "value", format_time(vault.clock.now()));
  vault->seal("soon", "value", format_time(vault.clock.now() + Milliseconds{1}));
  vault->seal("lasting", "value");
  for (const char* const name : {"over", "soon", "lasting", "none"}) vault->remove_expired(name);
  CHECK_FALSE(vault->holds("over"));
  CHECK(vault->open("soon") == "value");
  CHECK(vault->open("lasting") == "value");
}

TEST_CASE("processes that use a new vault at once agree on one key") {
  constexpr int kChildren = 6;
  TestFolder folder;
  std::vector<pid_t> children;
  for (int i = 0; i < kChildren; ++i)
    children.push_back(start_child([&] {
      OpenVault(folder)->seal("secret" + std::to_string(i), "value" + std::to_string(i));
      return 0;
    }));
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  OpenVault vault(folder);
  CHECK(vault->check().empty());
  for (int i = 0; i < kChildren; ++i)
    CHECK(vault->open("secret" + std::to_string(i)) == "value" + std::to_string(i));
}

}  // namespace
}  // namespace psabridge::vault
