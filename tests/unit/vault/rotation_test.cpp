// Rotation of the keys: nobody who reads or writes meanwhile notices, and a kill at any step loses nothing.
#include <signal.h>

#include <atomic>
#include <thread>

#include "tests/unit/vault/vault_fixture.h"

namespace psabridge::vault {
namespace {

constexpr const char* kFolderVariable = "PSABRIDGE_TEST_FOLDER";

void fill(const TestFolder& folder, int count) {
  OpenVault vault(folder);
  for (int i = 0; i < count; ++i) vault->seal("secret" + std::to_string(i), "value" + std::to_string(i));
}

/// "" when every secret is there; else the first that is not, and why.
std::string missing(Vault& vault, int count) {
  for (int i = 0; i < count; ++i) {
    const std::string name = "secret" + std::to_string(i);
    try {
      if (vault.open(name) != "value" + std::to_string(i)) return name + " is another one";
    } catch (const Error& error) {
      return name + ": " + error.what();
    }
  }
  return "";
}

TEST_CASE("a rotation changes every key and no secret, and an open vault goes on") {
  TestFolder folder;
  fill(folder, 3);
  OpenVault reader(folder);
  CHECK(missing(reader.vault, 3).empty());
  const auto key = text_of(key_file_of(folder)), control = text_of(control_file_of(folder));
  const auto before = reader->list();
  OpenVault(folder)->rotate();
  CHECK(text_of(key_file_of(folder)) != key);
  CHECK(missing(reader.vault, 3).empty());
  CHECK(OpenVault(folder)->check().empty());
  const auto after = reader->list();
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].key != before[i].key);
    CHECK(after[i].updated_at == before[i].updated_at);
  }
  CHECK(reader.control.keys().size() == 1);
  CHECK_FALSE(std::filesystem::exists(key_file_of(folder).string() + ".new"));
  struct stat status {};
  REQUIRE(stat(key_file_of(folder).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  // The old key opens nothing any more, and neither does the new one the old file.
  std::ofstream(key_file_of(folder), std::ios::binary) << key;
  CHECK(refusal([&] { OpenVault(folder)->open("secret0"); }).starts_with("PB1803"));
}

/// Not a test of its own: what the next one starts as a process, to be killed in it.
TEST_CASE("rotate once", "[.process]") {
  const char* const path = std::getenv(kFolderVariable);
  REQUIRE(path);
  StandingClock clock;
  store::Control control("sqlite:" + std::string(path) + "/test.db", clock);
  Vault vault(control, {}, std::string(path) + "/test.db.key", clock);
  vault.rotate();
  SUCCEED();
}

/// Rotates in a process that is killed at its step; its end as end_of() gives it.
int rotate_killed_at(const TestFolder& folder, int step) {
  return end_of(start_child([&] {
    setenv("LD_PRELOAD", PSABRIDGE_KILL_AT_LIBRARY, 1);
    setenv("PSABRIDGE_KILL_FOLDER", folder.path().c_str(), 1);
    setenv("PSABRIDGE_KILL_AT", std::to_string(step).c_str(), 1);
    setenv(kFolderVariable, folder.path().c_str(), 1);
    const int null = ::open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    execl("/proc/self/exe", "unit_vault", "rotate once", static_cast<char*>(nullptr));
    return 99;
  }));
}

TEST_CASE("a rotation that is killed at any of its steps leaves every secret readable") {
  TestFolder folder;
  fill(folder, 4);
  OpenVault reader(folder);
  int kills = 0;
  for (int step = 1;; ++step) {
    const int end = rotate_killed_at(folder, step);
    CAPTURE(step);
    REQUIRE((end == 0 || end == -SIGKILL));
    REQUIRE(missing(reader.vault, 4).empty());
    REQUIRE(OpenVault(folder)->check().empty());
    if (end == 0) break;
    ++kills;
    // Every second time the next one has to clear up; else the kills go on in what this one left.
    if (step % 2 == 0) OpenVault(folder)->rotate();
    REQUIRE(missing(reader.vault, 4).empty());
  }
  CHECK(kills >= 15);
  CHECK(reader.control.keys().size() == 1);
}

TEST_CASE("processes that read, write and rotate at once lose nothing") {
  constexpr int kSecrets = 4, kRounds = 25;
  TestFolder folder;
  fill(folder, kSecrets);
  std::vector<pid_t> children;
  for (int child = 0; child < 2; ++child)
    children.push_back(start_child([&] {
      OpenVault vault(folder);
      for (int i = 0; i < kRounds; ++i) vault->rotate();
      return 0;
    }));
  for (int child = 0; child < 3; ++child)
    children.push_back(start_child([&] {
      OpenVault vault(folder);
      for (int i = 0; i < kRounds * 4; ++i)
        if (!missing(vault.vault, kSecrets).empty()) return 1;
      return 0;
    }));
  for (int child = 0; child < 2; ++child)
    children.push_back(start_child([&] {
      const std::string name = "written" + std::to_string(child);
      OpenVault vault(folder);
      for (int i = 0; i < kRounds; ++i) {
        vault->seal(name, std::to_string(i));
        if (vault->open(name) != std::to_string(i)) return 2;
      }
      return 0;
    }));
  for (const pid_t child : children) CHECK(end_of(child) == 0);
  OpenVault vault(folder);
  CHECK(missing(vault.vault, kSecrets).empty());
  CHECK(vault->open("written0") == std::to_string(kRounds - 1));
  CHECK(vault->open("written1") == std::to_string(kRounds - 1));
  CHECK(vault->check().empty());
}

TEST_CASE("threads use one vault while another process rotates") {
  TestFolder folder;
  fill(folder, 2);
  const pid_t rotating = start_child([&] {
    OpenVault vault(folder);
    for (int i = 0; i < 20; ++i) vault->rotate();
    return 0;
  });
  OpenVault vault(folder);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 40; ++i) {
        if (thread == 0) vault->seal("own", std::to_string(i));
        failures += !missing(vault.vault, 2).empty();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(end_of(rotating) == 0);
  CHECK(failures == 0);
  CHECK(vault->open("own") == "39");
}

}  // namespace
}  // namespace psabridge::vault
