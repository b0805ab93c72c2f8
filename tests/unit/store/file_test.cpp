// The file: who may open it, what is refused, and that trouble with the disk loses nothing.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "core/base/error.h"
#include "tests/unit/store/store_fixture.h"

namespace psabridge::store {
namespace {

using Catch::Matchers::ContainsSubstring;

const EntitySchema kTicket = ticket_schema();

/// The error of opening for writing; "" when it works.
std::string refusal(const std::string& url) {
  StandingClock clock;
  try {
    open_writer(url, clock);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("a new store is closed to other users, whatever the umask says") {
  const TestFolder folder;
  const mode_t before = umask(0);
  CHECK(refusal(folder.url()).empty());
  umask(before);
  struct stat status {};
  REQUIRE(stat(folder.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
}

TEST_CASE("an address or path that cannot be used is refused with its reason") {
  TestFolder folder;
  const std::string missing = "sqlite:" + (folder.path() / "no" / "such.db").string();
  CHECK_THAT(refusal("postgresql://user@host/db"),
             ContainsSubstring("PB1309") && ContainsSubstring("SQLite only"));
  CHECK_THAT(refusal("sqlite:"), ContainsSubstring("PB1309"));
  CHECK_THAT(refusal("psabridge.db"), ContainsSubstring("PB1309"));
  CHECK_THAT(refusal(missing),
             ContainsSubstring("PB1301") && ContainsSubstring((folder.path() / "no").string()));
  CHECK_THAT(refusal("sqlite:" + folder.path().string()),
             ContainsSubstring("PB1301") && ContainsSubstring("folder"));
  CHECK_THAT(refusal("sqlite:/proc/psabridge.db"),
             ContainsSubstring("PB1301"));  // not even root may make files there
  CHECK_THROWS_WITH(open_reader(folder.url()),
                    ContainsSubstring("PB1301") && ContainsSubstring("psabridge sync"));
}

TEST_CASE("a second writer is told who has the store") {
  TestFolder folder;
  OpenStore store(folder);
  CHECK_THAT(refusal(folder.url()),
             ContainsSubstring("PB1302") && ContainsSubstring("process " + std::to_string(getpid())));
  const int status = in_child([&] { return refusal(folder.url()).starts_with("PB1302") ? 7 : 1; });
  CHECK(status == 7);
}

TEST_CASE("the lock ends with its process, however that ends") {
  TestFolder folder;
  const int status = in_child([&] {
    StandingClock clock;
    const auto left_open = open_writer(folder.url(), clock);
    _exit(7);
    return 0;
  });
  CHECK(status == 7);
  CHECK(std::filesystem::file_size(folder.file().string() + ".lock") > 0);
  CHECK(refusal(folder.url()).empty());
  CHECK(std::filesystem::file_size(folder.file().string() + ".lock") == 0);
}

TEST_CASE("files that are no store of this version are refused") {
  TestFolder folder;
  SECTION("not a database") {
    std::ofstream(folder.file()) << std::string(5000, 'x');
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1303"));
  }
  SECTION("a database of another program") {
    change_file(folder.file(), "CREATE TABLE theirs (x)");
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1301") && ContainsSubstring("another program"));
  }
  SECTION("a newer form") {
    CHECK(refusal(folder.url()).empty());
    change_file(folder.file(), "PRAGMA user_version = 99");
    CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1305") && ContainsSubstring("99"));
    CHECK_THROWS_WITH(open_reader(folder.url()), ContainsSubstring("PB1305"));
  }
}

TEST_CASE("damage is found when the last writer was killed") {
  TestFolder folder;
  {
    OpenStore store(folder);
    Page page(kTicket);
    for (int i = 0; i < 2000; ++i) page.add(std::to_string(i), "v1", "summary");
    store.commit(page);
  }
  const auto size = std::filesystem::file_size(folder.file());
  {
    std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = size / 2; at + 4096 < size; at += 4096) {
      file.seekp(static_cast<std::streamoff>(at / 4096 * 4096));
      file << std::string(64, '\xee');
    }
  }
  std::ofstream(folder.file().string() + ".lock") << "4711\n";
  CHECK_THAT(refusal(folder.url()), ContainsSubstring("PB1303"));
}

/// A commit that finds no room after `tighten`, and the same commit again after `loosen`, by the same writer.
/// 0: all was as it should be.
template <class Tighten, class Loosen>
int lose_and_regain_room(const TestFolder& folder, std::string_view code, Tighten tighten, Loosen loosen) {
  OpenStore store(folder);
  store.commit(Page(kTicket).add("1", "v1", "fits"));
  Page large(kTicket);
  for (int i = 100; i < 4000; ++i) large.add(std::to_string(i), "v1", std::string(500, 's'));
  tighten();
  std::string met;
  try {
    store.commit(large);
  } catch (const Error& error) {
    met = error.code();
  }
  loosen();
  if (met != code) return 1;
  if (store->count("ticket", "acme", true) != 1) return 2;
  if (store.commit(large).created != 3900) return 3;
  return store->verify().empty() ? 0 : 4;
}

TEST_CASE("a full disk fails the commit, and when there is room again the same writer goes on") {
  constexpr int kNotAllowed = 77;
  TestFolder folder;
  const int status = in_child([&] {
    SmallDisk disk(folder.path());
    if (!disk.is_mounted()) return kNotAllowed;
    return lose_and_regain_room(
        folder, "PB1304", [] {}, [&] { disk.grow(); });
  });
  if (status == kNotAllowed) SKIP("a process may not mount a file system here");
  CHECK(status == 0);
}

TEST_CASE("a write error fails the commit, and when it is mended the same writer goes on") {
  TestFolder folder;
  const int status = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit then gives an error
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{300'000, before.rlim_max};
    return lose_and_regain_room(
        folder, "PB1306", [&] { setrlimit(RLIMIT_FSIZE, &small); },
        [&] { setrlimit(RLIMIT_FSIZE, &before); });
  });
  CHECK(status == 0);
}

TEST_CASE("new fields become columns, and a field cannot change its type") {
  TestFolder folder;
  {
    OpenStore store(folder);
    store.commit(Page(kTicket).add("1", "v1", "old"));
  }
  EntitySchema wider = ticket_schema();
  wider.fields.push_back({"closed_at", FieldType::time, "", false, true});
  EntitySchema other_type = ticket_schema();
  other_type.fields[1].type = FieldType::text;
  EntitySchema bad_name = ticket_schema();
  bad_name.fields[1].name = "raw";

  StandingClock clock;
  const auto writer = open_writer(folder.url(), clock);
  writer->prepare({&wider, 1});
  writer->prepare({&wider, 1});
  CHECK(column(*writer, "ticket", "1", "closed_at") == "(null)");
  CHECK(column(*writer, "ticket", "1", "summary") == "old");
  CHECK_THROWS_WITH(writer->prepare({&other_type, 1}),
                    ContainsSubstring("PB1308") && ContainsSubstring("priority"));
  CHECK_THROWS_WITH(writer->prepare({&bad_name, 1}), ContainsSubstring("PB1308") && ContainsSubstring("raw"));
  for (const char* name : {"", "Ticket", "tic-ket", "psabridge_run", "a\" (x); --"}) {
    EntitySchema bad_entity = ticket_schema();
    bad_entity.entity = name;
    CHECK_THROWS_WITH(writer->prepare({&bad_entity, 1}), ContainsSubstring("PB1308"));
  }
}

TEST_CASE("readers look on while the writer writes") {
  TestFolder folder;
  OpenStore store(folder);
  store.commit(Page(kTicket).add("1", "v1", "a"));
  const auto first = open_reader(folder.url()), second = open_reader(folder.url());
  CHECK(first->count("ticket", "acme", false) == 1);
  store.commit(Page(kTicket).add("2", "v1", "b"));
  CHECK(first->count("ticket", "acme", false) == 2);
  CHECK(second->records({.entity = "ticket", .connection = "acme"}).size() == 2);
  CHECK(second->verify().empty());
}

}  // namespace
}  // namespace psabridge::store
