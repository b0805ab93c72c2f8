// The control file: who may open it, what it keeps, and several processes that write at once.
#include "core/store/control.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <thread>

#include "core/base/error.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

using Catch::Matchers::ContainsSubstring;

struct OpenControl {
  explicit OpenControl(const TestFolder& folder) : control(folder.url(), clock) {}
  Control* operator->() { return &control; }

  StandingClock clock;
  Control control;
};

ConnectionState state(const std::string& name, const std::string& word, const std::string& code,
                      const std::string& since) {
  return {name, word, since, code, "because of " + code, since};
}

SealedSecret secret(const std::string& name, std::int64_t key, const std::string& bytes) {
  return {name, key, bytes, "2026-03-01T08:00:00.000Z", ""};
}

void add_key(Control& control, std::int64_t id) {
  control.change_vault([id](VaultRows& rows) {
    rows.keys.push_back({id, "key_file", "{}", std::string("\0\x01\xff", 3), ""});
  });
}

/// The error of reading; "" when it works.
std::string refusal(const TestFolder& folder) {
  OpenControl control(folder);
  try {
    control->connections();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

template <class Body>
void in_children(int count, Body body) {
  for (int i = 0; i < count; ++i)
    if (fork() == 0) _exit(body(i));
  for (int i = 0; i < count; ++i) {
    int status = 0;
    wait(&status);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  }
}

TEST_CASE("control: the file is made by the first write, for its owner alone") {
  TestFolder folder;
  OpenControl control(folder);
  CHECK(control->file() == folder.file().string() + ".control");
  CHECK(control->connections().empty());
  CHECK_FALSE(control->connection("acme"));
  CHECK(control->history("acme", 10).empty());
  CHECK_FALSE(control->secret("acme"));
  CHECK(control->secrets().empty());
  CHECK(control->keys().empty());
  CHECK_FALSE(control->remove_secret("acme"));
  control->forget_connection("acme");
  CHECK_FALSE(std::filesystem::exists(control->file()));
  const mode_t before = umask(0);
  control->set_connection(state("acme", "new", "", "2026-01-01T00:00:00.000Z"));
  umask(before);
  struct stat status {};
  REQUIRE(stat(control->file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("control: a state keeps its beginning until state or code change") {
  TestFolder folder;
  OpenControl control(folder);
  CHECK(control->set_connection(state("acme", "connected", "", "t1")));
  CHECK_FALSE(control->set_connection(state("acme", "connected", "", "t2")));
  CHECK(control->connection("acme")->since == "t1");
  CHECK(control->connection("acme")->checked_at == "t2");
  CHECK(control->set_connection(state("acme", "degraded", "PB1204", "t3")));
  CHECK(control->set_connection(state("acme", "degraded", "PB1206", "t4")));
  CHECK_FALSE(control->set_connection(state("acme", "degraded", "PB1206", "t5")));
  CHECK(control->connection("acme")->since == "t4");
  CHECK(control->connection("acme")->cause == "because of PB1206");
  const auto history = control->history("acme", 10);
  REQUIRE(history.size() == 3);
  CHECK(history[0].since == "t4");
  CHECK(history[1].code == "PB1204");
  CHECK(history[2].state == "connected");
  CHECK(control->history("acme", 1).size() == 1);
}

TEST_CASE("control: a state without a beginning begins now") {
  TestFolder folder;
  OpenControl control(folder);
  control->set_connection(state("acme", "connected", "", ""));
  CHECK(control->connection("acme")->since == "2026-03-01T08:00:00.000Z");
}

TEST_CASE("control: the history keeps the last 200 changes of each connection") {
  TestFolder folder;
  OpenControl control(folder);
  control->set_connection(state("other", "connected", "", "t"));
  for (int i = 0; i < 230; ++i)
    control->set_connection(state("acme", "degraded", "PB" + std::to_string(1000 + i), "t"));
  const auto history = control->history("acme", 1000);
  REQUIRE(history.size() == 200);
  CHECK(history.front().code == "PB1229");
  CHECK(history.back().code == "PB1030");
  CHECK(control->history("other", 10).size() == 1);
  control->forget_connection("acme");
  CHECK_FALSE(control->connection("acme"));
  CHECK(control->history("acme", 10).empty());
  CHECK(control->connections().size() == 1);
}

TEST_CASE("control: secrets are bytes, and none is taken under a key that is gone") {
  TestFolder folder;
  OpenControl control(folder);
  const std::string bytes("\0\xff\x01 text", 8);
  CHECK_FALSE(control->put_secret(secret("acme", 7, bytes)));
  CHECK(control->secrets().empty());
  add_key(control.control, 7);
  CHECK(control->put_secret(secret("acme", 7, "first")));
  CHECK(control->put_secret(secret("acme", 7, bytes)));
  CHECK(control->secret("acme") == secret("acme", 7, bytes));
  REQUIRE(control->keys().size() == 1);
  CHECK(control->keys().front().wrapped == std::string("\0\x01\xff", 3));
  CHECK(control->keys().front().created_at == "2026-03-01T08:00:00.000Z");
  CHECK(control->remove_secret("acme"));
  CHECK_FALSE(control->remove_secret("acme"));
}

TEST_CASE("control: a change of the vault is all or nothing") {
  TestFolder folder;
  OpenControl control(folder);
  add_key(control.control, 7);
  REQUIRE(control->put_secret(secret("acme", 7, "sealed")));
  CHECK_THROWS_AS(control->change_vault([](VaultRows& rows) {
    rows.keys.clear();
    rows.secrets.clear();
    throw std::runtime_error("midway");
  }),
                  std::runtime_error);
  CHECK(control->keys().size() == 1);
  CHECK(control->secret("acme"));
}

TEST_CASE("control: what was deleted is not left in the file") {
  TestFolder folder;
  OpenControl control(folder);
  add_key(control.control, 7);
  REQUIRE(control->put_secret(secret("acme", 7, "once-sealed-bytes")));
  CHECK(control->remove_secret("acme"));
  std::ifstream file(control->file(), std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(all.find("once-sealed-bytes") == std::string::npos);
}

TEST_CASE("control: processes that make the file and write at once lose nothing") {
  constexpr int kChildren = 6, kEach = 15;
  TestFolder folder;
  in_children(kChildren, [&](int child) {
    OpenControl control(folder);
    for (int i = 0; i < kEach; ++i) {
      const std::string name = std::to_string(child) + "." + std::to_string(i);
      control->set_connection(state(name, "connected", "", "t"));
    }
    return 0;
  });
  OpenControl control(folder);
  CHECK(control->connections().size() == kChildren * kEach);
}

TEST_CASE("control: threads share one object") {
  TestFolder folder;
  OpenControl control(folder);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        control->set_connection(state(std::to_string(thread), "degraded", std::to_string(i), "t"));
        control->connections();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(control->connections().size() == 4);
  CHECK(control->history("3", 100).size() == 10);
}

TEST_CASE("control: files of another kind or of a newer program are refused") {
  TestFolder folder;
  const auto file = folder.file().string() + ".control";
  SECTION("no database") {
    std::ofstream(file) << std::string(5000, 'x');
    CHECK_THAT(refusal(folder), ContainsSubstring("PB1303"));
  }
  SECTION("of another program") {
    change_file(file, "CREATE TABLE theirs (x)");
    CHECK_THAT(refusal(folder), ContainsSubstring("PB1301") && ContainsSubstring("another program"));
  }
  SECTION("newer") {
    {
      OpenControl control(folder);
      control->set_connection(state("acme", "new", "", "t"));
    }
    change_file(file, "PRAGMA user_version = 99");
    CHECK_THAT(refusal(folder), ContainsSubstring("PB1305") && ContainsSubstring("99"));
  }
  SECTION("empty, as another process leaves it for a moment") {
    std::ofstream(file) << "";
    CHECK(refusal(folder).empty());
    OpenControl control(folder);
    CHECK(control->set_connection(state("acme", "new", "", "t")));
  }
  SECTION("in a folder that is not there") {
    StandingClock clock;
    Control control("sqlite:" + (folder.path() / "no" / "such.db").string(), clock);
    CHECK(control.connections().empty());
    CHECK_THROWS_WITH(control.set_connection(state("acme", "new", "", "t")), ContainsSubstring("PB1301"));
  }
}

TEST_CASE("control: a store that is no file has none") {
  StandingClock clock;
  CHECK_THROWS_WITH(Control("postgresql://u@h/db", clock), ContainsSubstring("PB1309"));
}

}  // namespace
}  // namespace psabridge::store
