// Which files are loaded, and what an admin is told of the others.
#include <elf.h>
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "core/plugin/inspection.h"
#include "core/plugin/registry.h"
#include "tests/abi/test_host.h"

namespace psabridge::test {
namespace {

namespace fs = std::filesystem;
using plugin::Registry;
using plugin::RoleKind;

/// The refusal of a file: its code and sentence.
Error refusal_of(Registry& registry, const fs::path& file,
                 const std::map<std::string, std::string>& pins = {}) {
  try {
    registry.load_file(file, pins);
  } catch (const Error& error) {
    return error;
  }
  throw std::logic_error(file.string() + " was loaded");
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string for_other_machine() {
  std::string bytes = read_file(built("table_right"));
  bytes[offsetof(Elf64_Ehdr, e_machine)] = EM_S390;
  return bytes;
}

}  // namespace

TEST_CASE("a right plugin is loaded and says what it is") {
  Registry registry;
  const plugin::PluginInfo& info = registry.load_file(built("probe_usual"));
  CHECK(info.id == "com.example.probe.usual");
  CHECK(info.version == "1.2.3");
  CHECK(info.vendor == "Example Ltd");
  CHECK(info.sdk == "1.4");
  CHECK(info.sha256.size() == 64);
  CHECK(info.roles.size() == 6);
  REQUIRE(registry.find_role(RoleKind::dedup, "usual"));
  CHECK(registry.find_role(RoleKind::dedup, "usual")->summary == "a strategy");
  CHECK(registry.find_role(RoleKind::dedup, "unusual") == nullptr);
  CHECK(registry.role_names(RoleKind::notify) == std::vector<std::string_view>{"usual"});
}

TEST_CASE("tables of an older and of a newer SDK are used as far as they go") {
  Registry registry;
  registry.load_file(built("table_small"));
  registry.load_file(built("table_big"));
  TestHost host;
  const auto syncer = registry.make_syncer("small", "{}", host);
  Batch batch = tickets({"printer"});
  syncer->refine(batch, {});  // not offered by that SDK: nothing changes
  CHECK(text_of(batch.records[0].fields[0]) == "printer");
  const auto source = registry.make_connector("small", "{}", host);
  const std::vector<std::string> none;
  CHECK(source->pull({.entity = "ticket", .parents = none}, {}).slices.empty());
  CHECK(source->sign_in({}).empty());
  const std::vector<std::string> entities{"ticket"};
  source->check(entities, [](const plugin::Finding&) { FAIL("an older plugin finds nothing"); }, {});
  const auto elder = registry.make_connector("elder", "{}", host);
  CHECK(elder->sign_in({}) == R"({"grant": "api_key"})");
  std::size_t findings = 0;
  elder->check(entities, [&](const plugin::Finding&) { ++findings; }, {});
  CHECK(findings == 1);
  for (const auto& older : {source.get(), elder.get()}) {
    CHECK_FALSE(older->has_webhooks());
    CHECK_THROWS_AS(older->decode("{}", {}), Error);
  }
  CHECK(decide(*registry.make_routing("bent", "{}", host), batch, {0}).at(0).starts_with("noc "));
}

TEST_CASE("a connector that names events and has no verbs for them is refused when it is made") {
  Registry registry;
  registry.load_file(built("table_small"));
  TestHost host;
  try {
    registry.make_connector("boaster", "{}", host);
    FAIL("was made");
  } catch (const Error& error) {
    CHECK(error.code() == "PB1111");
    CHECK(holds(error.message(), "does not offer all verbs for webhooks"));
  }
}

TEST_CASE("a file that breaks the contract is refused with its cause") {
  struct Case {
    std::string plugin;
    std::string code, found;
  };
  const std::vector<Case> cases{
      {"table_newer_major", "PB1107", "version 2"},
      {"table_no_entry", "PB1103", "psabridge_plugin_v1"},
      {"table_too_small", "PB1108", "16 bytes"},
      {"table_empty_id", "PB1108", "an empty id"},
      {"table_bad_utf8", "PB1108", "UTF-8"},
      {"table_bad_schema", "PB1108", "settings schema"},
      {"table_no_roles", "PB1108", "found 0"},
      {"table_no_verb", "PB1108", "a null pointer"},
      {"table_role_twice", "PB1109", "two of routing \"bent\""},
      {"table_unresolved", "PB1106", "a_function_that_is_nowhere"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.plugin);
    Registry registry;
    const Error error = refusal_of(registry, built(wrong.plugin));
    CHECK(error.code() == wrong.code);
    CHECK(holds(error.message(), wrong.found));
    CHECK(holds(error.message(), wrong.plugin + ".so"));
    CHECK(holds(error.message(), "expected"));
    CHECK(registry.plugins().empty());
  }
}

TEST_CASE("a file that is no library for this machine is refused without being loaded") {
  struct Case {
    std::string bytes, found;
  };
  const std::vector<Case> cases{
      {"", "an empty file"},
      {"#!/bin/sh\necho hello\n", "no ELF library"},
      {for_other_machine(), "another processor"},
      {std::string("\177ELF\1\1\1", 7) + std::string(60, '\0'), "not of 64 bits"},
      {read_file(built("table_right")).substr(0, 3000), "cut short"},
  };
  for (const Case& wrong : cases) {
    const Folder folder;
    Registry registry;
    const Error error = refusal_of(registry, folder.write("wrong.so", wrong.bytes));
    INFO(error.what());
    CHECK(error.code() == "PB1102");
    CHECK(holds(error.message(), wrong.found));
  }
}

TEST_CASE("a plugin that is cut off or damaged anywhere is refused or read, never trusted") {
  const std::string whole = read_file(built("table_right"));
  const Folder folder;
  std::size_t refused = 0;
  for (std::size_t size = 0; size < whole.size(); size += 211) {
    folder.write("cut.so", whole.substr(0, size));
    refused += plugin::scan_folder(folder.path()).front().plugin ? 0 : 1;
  }
  CHECK(refused == (whole.size() + 210) / 211);
  for (std::size_t at = 0; at < whole.size(); at += 37) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(~damaged[at]);
    folder.write("cut.so", damaged);
    const plugin::ScanResult result = plugin::scan_folder(folder.path()).front();
    CHECK(result.plugin.has_value() == result.code.empty());
  }
}

TEST_CASE("a plugin file that others may change is refused") {
  const Folder folder;
  const fs::path file = folder.copy("table_right", "right.so");
  Registry registry;
  SECTION("file") {
    for (const fs::perms writer : {fs::perms::others_write, fs::perms::group_write}) {
      fs::permissions(file, fs::perms::owner_all | writer);
      const Error error = refusal_of(registry, file);
      CHECK(error.code() == "PB1101");
      CHECK(holds(error.message(), "chmod go-w " + file.string()));
    }
  }
  SECTION("folder") {
    fs::permissions(folder.path(), fs::perms::all);
    const Error error = refusal_of(registry, file);
    CHECK(error.code() == "PB1101");
    CHECK(holds(error.message(), "chmod go-w " + folder.path().string()));
  }
  SECTION("no regular file") {
    ::mkfifo((folder.path() / "pipe.so").c_str(), 0600);
    CHECK(holds(refusal_of(registry, folder.path() / "pipe.so").message(), "a regular file"));
  }
  SECTION("no file at all") {
    CHECK(holds(refusal_of(registry, folder.path() / "gone.so").message(), "No such file"));
  }
}

TEST_CASE("a pinned plugin is loaded only with the pinned hash") {
  Registry registry;
  const std::string hash = plugin::scan_folder(built("table_right").parent_path()).empty()
                               ? std::string()
                               : Registry().load_file(built("table_right")).sha256;
  const Error error =
      refusal_of(registry, built("table_right"), {{"com.example.table", std::string(64, '0')}});
  CHECK(error.code() == "PB1105");
  CHECK(holds(error.message(), hash));
  CHECK(registry.load_file(built("table_right"), {{"com.example.table", hash}}).id == "com.example.table");
}

TEST_CASE("an id or a role that is there already is refused, naming both sides") {
  const Folder folder;
  Registry registry;
  registry.load_file(built("table_right"));
  const Error same_id = refusal_of(registry, folder.copy("table_right", "copy.so"));
  CHECK(same_id.code() == "PB1109");
  CHECK(holds(same_id.message(), built("table_right").string()));
  const Error same_role = refusal_of(registry, built("table_same_role"));
  CHECK(same_role.code() == "PB1109");
  CHECK(holds(same_role.message(), "com.example.table offers routing \"table\""));
}

TEST_CASE("a folder is loaded around its bad files; a missing folder is empty") {
  const Folder folder;
  folder.copy("table_right", "b.so");
  folder.write("a.so", "junk");
  folder.write("readme.txt", "no plugin");
  Registry registry;
  registry.load_folders({folder.path() / "missing", folder.path()});
  CHECK(registry.plugins().size() == 1);
  REQUIRE(registry.refusals().size() == 1);
  CHECK(registry.refusals()[0].file == folder.path() / "a.so");
  CHECK(registry.refusals()[0].code == "PB1102");
}

TEST_CASE("scan tells of every file without loading any") {
  const Folder folder;
  folder.copy("table_right", "right.so");
  folder.copy("table_unresolved", "unresolved.so");
  folder.copy("table_newer_major", "newer.so");
  const std::vector<plugin::ScanResult> found = plugin::scan_folder(folder.path());
  REQUIRE(found.size() == 3);
  CHECK(found[0].code == "PB1107");
  REQUIRE(found[1].plugin);
  CHECK(found[1].plugin->roles[0].name == "table");
  CHECK(found[2].plugin);  // only the dynamic linker finds out, when it loads
}

TEST_CASE("check says what passed and stops where nothing more can be said") {
  const auto passed = plugin::check_plugin(built("probe_usual"));
  CHECK(passed.size() == 8);  // the file, loading, six roles
  for (const plugin::CheckResult& result : passed) {
    INFO(result.check << ": " << result.detail);
    CHECK(result.passed);
  }
  const auto refused = plugin::check_plugin(built("table_unresolved"));
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].passed);
  CHECK_FALSE(refused[1].passed);
  CHECK(holds(refused[1].detail, "PB1106"));
}

}  // namespace psabridge::test
