#include "core/vault/secrets.h"

#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/unit/vault/vault_fixture.h"

namespace psabridge::vault {
namespace {

using Catch::Matchers::ContainsSubstring;
using Place = Origin::Place;

/// The three places of secret://acme, filled one by one.
struct Places {
  TestFolder folder, credentials;
  OpenVault vault{folder};
  Secrets secrets{folder.path(), vault.vault};
  Variable variable{"CREDENTIALS_DIRECTORY", credentials.path().string()};
};

TEST_CASE("secret:// is the systemd credential, else in the vault, else a file") {
  Places places;
  const auto file = places.folder.path() / "secrets" / "acme",
             credential = places.credentials.path() / "acme";
  CHECK(places.secrets.origin("secret://acme").place == Place::nowhere);
  CHECK(places.secrets.origin("secret://acme").file == file);
  const auto refused = refusal([&] { places.secrets.resolve("secret://acme"); });
  CHECK_THAT(refused, ContainsSubstring("PB1010") && ContainsSubstring("psabridge secrets set acme") &&
                          ContainsSubstring(file.string()));

  write_private(file, "of the folder\n");
  CHECK(places.secrets.resolve("secret://acme") == "of the folder");
  CHECK(places.secrets.origin("secret://acme").place == Place::folder);
  CHECK(places.secrets.origin("secret://acme").file == file);

  places.vault->seal("acme", "of the vault");
  CHECK(places.secrets.resolve("secret://acme") == "of the vault");
  CHECK(places.secrets.origin("secret://acme").place == Place::vault);
  CHECK(places.secrets.origin("secret://acme").file.empty());

  write_private(credential, "of systemd\n");
  CHECK(places.secrets.resolve("secret://acme") == "of systemd");
  CHECK(places.secrets.origin("secret://acme").place == Place::credential);
  CHECK(places.secrets.origin("secret://acme").file == credential);
}

TEST_CASE("a vault that does not open is no reason to take an older file") {
  Places places;
  write_private(places.folder.path() / "secrets" / "acme", "of the folder");
  OpenVault(places.folder)->seal("acme", "of the vault");
  std::filesystem::remove(key_file_of(places.folder));
  CHECK_THAT(refusal([&] { places.secrets.resolve("secret://acme"); }), ContainsSubstring("PB1802"));
}

TEST_CASE("other references and plain text ask no vault") {
  Places places;
  const auto file = places.folder.path() / "one";
  write_private(file, "of a file");
  const Variable variable("PSABRIDGE_TEST_SECRET", "of the environment");
  CHECK(places.secrets.resolve("file://" + file.string()) == "of a file");
  CHECK(places.secrets.origin("file://" + file.string()).place == Place::file);
  CHECK(places.secrets.origin("file://" + file.string()).file == file);
  CHECK(places.secrets.resolve("env://PSABRIDGE_TEST_SECRET") == "of the environment");
  CHECK(places.secrets.origin("env://PSABRIDGE_TEST_SECRET").place == Place::environment);
  CHECK(places.secrets.resolve("plain text") == "plain text");
  CHECK(places.secrets.origin("plain text").place == Place::plain);
  CHECK_THAT(refusal([&] { places.secrets.resolve("env://PSABRIDGE_TEST_NOT_SET"); }),
             ContainsSubstring("PB1010"));
}

}  // namespace
}  // namespace psabridge::vault
