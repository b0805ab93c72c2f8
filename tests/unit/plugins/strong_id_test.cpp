// strong_id: which shared ids join records, which join nothing, and which differences only a person may
// judge.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "judged_pair.h"

namespace psabridge::test {
namespace {

using sdk::kBit;
using sdk::Verdict;

Given asset(std::map<std::string, std::string> fields, std::string custom = "{}",
            std::string connection = "halo") {
  return {std::move(fields), std::move(connection), std::move(custom)};
}

constexpr std::string_view kAssetSettings = R"({"fields": {
  "serial_number": "serial", "custom.Chassis": "serial", "custom.MAC": "mac", "custom.UUID": "uuid",
  "datto_id": "external_id", "ninja_id": "external_id"}})";

struct PairCase {
  std::string name;
  Given a, b;
  Verdict verdict;
  bool veto = false;
};

void check_pairs(const std::string& entity, std::string_view settings, const std::vector<PairCase>& cases) {
  Strategy strategy("strong_id", entity, settings);
  for (const PairCase& c : cases) {
    INFO(c.name);
    const Judged judged = strategy.judge(c.a, c.b);
    CHECK(judged.verdict == c.verdict);
    CHECK(judged.veto == c.veto);
    if (c.verdict != Verdict::distinct) CHECK(judged.candidates);
  }
}

}  // namespace

TEST_CASE("strong_id joins records that share one valid id, however it is written") {
  check_pairs(
      "asset", kAssetSettings,
      {{"serial in other case and spacing", asset({{"serial_number", "5cg1234xyz"}}),
        asset({{"serial_number", " 5CG-1234 XYZ "}}), Verdict::same},
       {"serial of letters alone", asset({{"serial_number", "TPLZRBM"}}),
        asset({{"serial_number", "tplzrbm"}}), Verdict::same},
       {"serial with its label", asset({{"serial_number", "S/N: 5CG1234XYZ"}}),
        asset({{"serial_number", "5CG1234XYZ"}}), Verdict::same},
       {"a label must be a label", asset({{"serial_number", "LAB: 5CG1234XYZ"}}),
        asset({{"serial_number", "5CG1234XYZ"}}), Verdict::distinct, true},
       {"serial in another field", asset({{"serial_number", "5CG1234XYZ"}}),
        asset({}, R"({"Chassis": "5CG1234XYZ"})"), Verdict::same},
       {"serial that is a number in JSON", asset({{"serial_number", "48291736"}}),
        asset({}, R"({"Chassis": 48291736})"), Verdict::same},
       {"another connection", asset({{"serial_number", "5CG1234XYZ"}}),
        asset({{"serial_number", "5CG1234XYZ"}}, "{}", "ninja"), Verdict::same},
       {"serial that VMware made",
        asset({{"serial_number", "VMware-56 4d 1f 2a 9b 7c 33 10-aa bb cc dd ee 01 02 03"}}),
        asset({{"serial_number", "VMware-564d1f2a9b7c3310-aabbccddee010203"}}), Verdict::same},
       {"MAC with other marks", asset({}, R"({"MAC": "3C:52:82:1A:2B:3C"})"),
        asset({}, R"({"MAC": "3c52.821a.2b3c"})"), Verdict::same},
       {"one MAC of several", asset({}, R"({"MAC": "3C:52:82:1A:2B:3C, 3C-52-82-1A-2B-3D"})"),
        asset({}, R"({"MAC": ["3C:52:82:1A:2B:3D"]})"), Verdict::same},
       {"UUID in braces", asset({}, R"({"UUID": "{4C4C4544-0042-3510-8052-B3C04F4B4E32}"})"),
        asset({}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"), Verdict::same},
       {"UUID in the other order of bytes", asset({}, R"({"UUID": "44454c4c-4200-1035-8052-b3c04f4b4e32"})"),
        asset({}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"), Verdict::same},
       {"id of one RMM", asset({{"datto_id", "A7F3"}}), asset({{"datto_id", "a7f3"}}), Verdict::same},
       {"the same number of two RMMs", asset({{"datto_id", "1481"}}), asset({{"ninja_id", "1481"}}),
        Verdict::distinct}});
}

TEST_CASE("strong_id knows the traps of devices") {
  check_pairs(
      "asset", kAssetSettings,
      {{"installed anew: new name, new RMM id, same serial",
        asset({{"serial_number", "PF3K9XYZ"}, {"name", "LT-OLD"}, {"datto_id", "101"}}),
        asset({{"serial_number", "PF3K9XYZ"}, {"name", "LT-NEW"}, {"datto_id", "202"}}), Verdict::same},
       {"new main board: other UUID, same serial",
        asset({{"serial_number", "PF3K9XYZ"}}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"serial_number", "PF3K9XYZ"}}, R"({"UUID": "81b3f2aa-1c2d-4e5f-9a0b-1234567890ab"})"),
        Verdict::same},
       {"name used again: other serial", asset({{"serial_number", "PF3K9XYZ"}, {"name", "RECEPTION"}}),
        asset({{"serial_number", "PF4M2ABC"}, {"name", "RECEPTION"}}), Verdict::distinct, true},
       {"two serials, one cloned UUID",
        asset({{"serial_number", "PF3K9XYZ"}}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"serial_number", "PF4M2ABC"}}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        Verdict::distinct, true},
       {"one cloned UUID, other adapters",
        asset({}, R"({"MAC": "3C:52:82:1A:2B:3C", "UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({}, R"({"MAC": "3C:52:82:99:99:98", "UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        Verdict::review},
       {"one cloned UUID, other models",
        asset({{"model", "Latitude 5420"}}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"model", "Precision 3560"}}, R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        Verdict::review, true},
       {"neither board nor adapter in common, but the RMM's id",
        asset({{"datto_id", "101"}},
              R"({"MAC": "3C:52:82:1A:2B:3C", "UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"datto_id", "101"}},
              R"({"MAC": "3C:52:82:99:99:98", "UUID": "81b3f2aa-1c2d-4e5f-9a0b-1234567890ab"})"),
        Verdict::same},
       {"two serials, one dock", asset({{"serial_number", "PF3K9XYZ"}}, R"({"MAC": "3C:52:82:1A:2B:3C"})"),
        asset({{"serial_number", "PF4M2ABC"}}, R"({"MAC": "3C:52:82:1A:2B:3C"})"), Verdict::distinct, true},
       {"two serials, but board and adapter in common: one serial may be misread",
        asset({{"serial_number", "PF3K9XYZ"}},
              R"({"MAC": "3C:52:82:1A:2B:3C", "UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"serial_number", "PF4M2ABC"}},
              R"({"MAC": "3C:52:82:1A:2B:3C", "UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        Verdict::review, true},
       {"virtual machines: both serials valid and different",
        asset({{"serial_number", "VMware-564d1f2a9b7c3310"}, {"name", "SRV-APP"}}),
        asset({{"serial_number", "VMware-564d7777aaaa0001"}, {"name", "SRV-APP"}}), Verdict::distinct, true},
       {"a virtual machine that shows its host's serial",
        asset({{"serial_number", "PF3K9XYZ"}, {"manufacturer", "Dell Inc."}, {"model", "PowerEdge R740"}}),
        asset({{"serial_number", "PF3K9XYZ"},
               {"manufacturer", "Microsoft Corporation"},
               {"model", "Virtual Machine"}}),
        Verdict::distinct, true},
       {"two virtual machines of one host",
        asset({{"serial_number", "PF3K9XYZ"}, {"model", "Virtual Machine"}},
              R"({"UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32"})"),
        asset({{"serial_number", "PF3K9XYZ"}, {"model", "Virtual Machine"}},
              R"({"UUID": "81b3f2aa-1c2d-4e5f-9a0b-1234567890ab"})"),
        Verdict::distinct, true},
       {"one virtual machine in two programs",
        asset({{"serial_number", "VMware-564d1f2a9b7c3310"}, {"model", "VMware7,1"}}),
        asset({{"serial_number", "VMware-56 4d 1f 2a 9b 7c 33 10"}, {"model", "VMware Virtual Platform"}}),
        Verdict::same},
       {"id of the RMM moved to another device", asset({{"serial_number", "PF3K9XYZ"}, {"datto_id", "101"}}),
        asset({{"serial_number", "PF4M2ABC"}, {"datto_id", "101"}}), Verdict::review, true},
       {"one adapter seen by each", asset({{"serial_number", "PF3K9XYZ"}}, R"({"MAC": "3C:52:82:1A:2B:3C"})"),
        asset({{"serial_number", "PF3K9XYZ"}}, R"({"MAC": "3C:52:82:99:99:98"})"), Verdict::same},
       {"serial of two manufacturers", asset({{"serial_number", "CN0482913"}, {"manufacturer", "Dell Inc."}}),
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "HP"}}), Verdict::review, true},
       {"one house, two brands", asset({{"serial_number", "CN0482913"}, {"manufacturer", "Hewlett-Packard"}}),
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "HP Inc."}}), Verdict::same},
       {"manufacturer unknown",
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "System manufacturer"}}),
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "HP"}}), Verdict::same},
       {"printer and computer",
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "HP"}, {"model", "LaserJet M404"}}),
        asset({{"serial_number", "CN0482913"}, {"manufacturer", "HP"}, {"model", "EliteBook 840"}}),
        Verdict::review, true},
       {"model by name and by code", asset({{"serial_number", "PF3K9XYZ"}, {"model", "ThinkPad X1 Carbon"}}),
        asset({{"serial_number", "PF3K9XYZ"}, {"model", "20XW003EUK"}}), Verdict::same}});
}

TEST_CASE("strong_id takes no placeholder for an id") {
  Strategy strategy("strong_id", "asset", kAssetSettings);
  const std::vector<std::pair<std::string, std::vector<std::string>>> placeholders = {
      {"Chassis",
       {"To be filled by O.E.M.",
        "Default string",
        "System Serial Number",
        "None",
        "N/A",
        "n/a",
        "0",
        "1234567",
        "123456789",
        "0123456789",
        "987654321",
        "0000000000",
        "FFFFFFFF",
        "xxxxxxxx",
        "Not Specified",
        "unknown",
        "x",
        "",
        " ",
        "INVALID",
        "MB-1234567890",
        "1111111",
        "....",
        "Laptop"}},
      {"UUID",
       {"00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
        "03D40274-0435-05DC-8506-010700080009", "00010203-0405-0607-0809-0A0B0C0D0E0F",
        "FEFEFEFE-FEFE-FEFE-FEFE-FEFEFEFEFEFE", "Not Settable", "1234"}},
      {"MAC",
       {"00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF", "DA:A1:19:00:12:34" /* randomised */,
        "01:00:5E:00:00:FB" /* multicast */, "00:50:B6:12:34:56" /* dock */, "00:E0:4C:68:00:01" /* dock */,
        "00:FF:12:34:56:78" /* VPN */, "00:05:9A:3C:7A:00" /* VPN */, "00:15:5D:01:02:03" /* virtual */,
        "00:50:56:C0:00:08" /* virtual */, "00:11:22:33:44:55", "3C:52:82", "none"}}};
  for (const auto& [field, texts] : placeholders)
    for (const std::string& text : texts) {
      INFO(field << ": " << text);
      const Given one = asset({}, "{" + sdk::quoted(field) + ": " + sdk::quoted(text) + "}");
      CHECK(strategy.keyed(one).keys.empty());
      CHECK(!strategy.judge(one, one).named);
    }
}

TEST_CASE("strong_id: an id that many records have joins nothing and separates nothing") {
  Strategy strategy("strong_id", "asset");
  const Given a = asset({{"serial_number", "PF3K9XYZ"}}), b = asset({{"serial_number", "PF4M2ABC"}});
  struct {
    std::uint64_t others;
    Verdict verdict;
    sdk::Weight weight;
  } const cases[] = {{0, Verdict::same, 30 * kBit},
                     {1, Verdict::same, 29 * kBit},
                     {3, Verdict::same, 28 * kBit},
                     {4, Verdict::distinct, kBit / 4},
                     {9'998, Verdict::distinct, kBit / 4}};
  for (const auto& c : cases) {
    INFO(c.others);
    const Judged judged = strategy.judge(a, a, c.others);
    CHECK(judged.verdict == c.verdict);
    CHECK(judged.weight == c.weight);
    REQUIRE(judged.reasons.size() == 1);
    CHECK(judged.reasons[0].field == "serial number");
    CHECK(judged.reasons[0].text.find("PF3K9XYZ") != std::string::npos);
  }
  CHECK(strategy.judge(a, b).veto);
  CHECK(Strategy("strong_id", "asset", R"({"generic_above": 20})").judge(a, a, 10).verdict == Verdict::same);
}

TEST_CASE("strong_id: a generic serial beside a good one is no contradiction") {
  testkit::FakeHost host;
  auto strategy = testkit::Plugin(PSABRIDGE_PLUGIN_DIR "/dedup_strong_id.so").dedup("strong_id", "{}", host);
  testkit::Records records("asset", {"serial_number", "datto_id"});
  records.add("1", {sdk::Value::text("BATCH2020"), sdk::Value::text("101")});
  records.add("2", {sdk::Value::text("PF3K9XYZ"), sdk::Value::text("101")});
  const testkit::Keyed keyed = strategy.keyed(records);
  testkit::TermCounts counts;
  for (const testkit::Key& key : keyed.keys)
    counts.counts[{key.kind, key.text}] = key.text.ends_with("BATCH2020") ? 10'000 : 2;
  const testkit::Weighed weighed = strategy.compare(keyed.forms.at(0), {keyed.forms.at(1)}, counts).at(0);
  CHECK(weighed.verdict == Verdict::same);
  CHECK(weighed.weight == 30 * kBit);
  CHECK(!weighed.veto);
}

TEST_CASE("strong_id reads the ids of clients and contacts without settings") {
  const auto given = [](std::map<std::string, std::string> fields) { return Given{std::move(fields)}; };
  check_pairs("client", "{}",
              {{"tenant", given({{"azure_tenant_id", "{8F3C1D2E-0A1B-4C5D-8E9F-0123456789AB}"}}),
                given({{"azure_tenant_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"}}), Verdict::same},
               {"two tenants",
                given({{"azure_tenant_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"}, {"itglue_id", "77"}}),
                given({{"azure_tenant_id", "11111111-0a1b-4c5d-8e9f-0123456789ab"}, {"itglue_id", "77"}}),
                Verdict::review, true},
               {"tax number with and without its country", given({{"tax_number", "GB 482 9173 60"}}),
                given({{"tax_number", "482917360"}}), Verdict::same},
               {"two companies of one group", given({{"tax_number", "GB482917360"}, {"name", "Acme"}}),
                given({{"tax_number", "GB739182460"}, {"name", "Acme"}}), Verdict::distinct, true},
               {"tax number that nobody has", given({{"tax_number", "123456789"}}),
                given({{"tax_number", "123456789"}}), Verdict::distinct},
               {"moved in Xero", given({{"itglue_id", "77"}, {"xero_id", "a-1"}}),
                given({{"itglue_id", "77"}, {"xero_id", "a-2"}}), Verdict::same},
               {"number 0 of the books", given({{"accounts_id", "0"}}), given({{"accounts_id", "0"}}),
                Verdict::distinct},
               {"same number, other system", given({{"xero_id", "77"}}), given({{"quickbooks_id", "77"}}),
                Verdict::distinct}});
  check_pairs("contact", "{}",
              {{"object id", given({{"azure_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"}}),
                given({{"azure_id", "8F3C1D2E-0A1B-4C5D-8E9F-0123456789AB"}}), Verdict::same},
               {"somebody who came back",
                given({{"azure_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"}, {"okta_id", "00u1abcd"}}),
                given({{"azure_id", "11aa1d2e-0a1b-4c5d-8e9f-0123456789ab"}, {"okta_id", "00u1abcd"}}),
                Verdict::review, true},
               {"name in the directory", given({{"active_directory_dn", "CN=Ann,OU=Staff,DC=acme,DC=local"}}),
                given({{"active_directory_dn", "cn=ann,ou=staff,dc=acme,dc=local"}}), Verdict::same}});
}

TEST_CASE("strong_id takes an alert's id for one only together with the client") {
  const auto ticket = [](std::map<std::string, std::string> fields, std::string connection = "halo") {
    return Given{std::move(fields), std::move(connection)};
  };
  check_pairs(
      "ticket", "{}",
      {{"same client by id", ticket({{"third_party_id", "A-77"}, {"client_id", "12"}}),
        ticket({{"third_party_id", "a-77"}, {"client_id", "12"}}), Verdict::same},
       {"same client by name, in another connection",
        ticket({{"third_party_id", "A-77"}, {"client_id", "12"}, {"client_name", "Acme Ltd."}}),
        ticket({{"third_party_id", "A-77"}, {"client_id", "9"}, {"client_name", "ACME Ltd"}}, "other"),
        Verdict::same},
       {"other client", ticket({{"third_party_id", "A-77"}, {"client_id", "12"}}),
        ticket({{"third_party_id", "A-77"}, {"client_id", "13"}}), Verdict::distinct},
       {"same client id in another connection", ticket({{"third_party_id", "A-77"}, {"client_id", "12"}}),
        ticket({{"third_party_id", "A-77"}, {"client_id", "12"}}, "other"), Verdict::distinct},
       {"no client", ticket({{"third_party_id", "A-77"}}), ticket({{"third_party_id", "A-77"}}),
        Verdict::distinct},
       {"no number", ticket({{"third_party_id", "0"}, {"client_id", "12"}}),
        ticket({{"third_party_id", "0"}, {"client_id", "12"}}), Verdict::distinct}});
}

TEST_CASE("strong_id finds UUIDs and MAC addresses in key fields, and takes no other key for one") {
  check_pairs("asset", "{}",
              {{"UUID", asset({{"key_field", "4C4C4544-0042-3510-8052-B3C04F4B4E32"}}),
                asset({{"key_field_2", "4c4c4544-0042-3510-8052-b3c04f4b4e32"}}), Verdict::same},
               {"MAC", asset({{"key_field_2", "3C:52:82:1A:2B:3C"}}),
                asset({{"key_field_3", "3c-52-82-1a-2b-3c"}}), Verdict::same},
               {"name", asset({{"key_field", "RECEPTION-01"}}), asset({{"key_field", "RECEPTION-01"}}),
                Verdict::distinct}});
}

TEST_CASE("strong_id: a device of which neither board nor adapter is the same is another") {
  Strategy strategy("strong_id", "asset", kAssetSettings);
  const auto weight = [&](std::string a, std::string b) {
    return strategy.judge(asset({}, std::move(a)), asset({}, std::move(b))).weight / kBit;
  };
  const std::string board = R"("UUID": "4c4c4544-0042-3510-8052-b3c04f4b4e32")",
                    other_board = R"("UUID": "81b3f2aa-1c2d-4e5f-9a0b-1234567890ab")",
                    adapter = R"("MAC": "3C:52:82:1A:2B:3C")",
                    other_adapter = R"("MAC": "3C:52:82:99:99:98")";
  CHECK(weight("{" + board + "}", "{" + other_board + "}") == -6);
  CHECK(weight("{" + adapter + "}", "{" + other_adapter + "}") == -1);
  CHECK(weight("{" + board + ", " + adapter + "}", "{" + other_board + ", " + other_adapter + "}") == -15);
}

TEST_CASE("strong_id says both values of what differs") {
  Strategy strategy("strong_id", "asset");
  const Judged judged = strategy.judge(asset({{"serial_number", "PF3K9XYZ"}, {"datto_id", "7"}}),
                                       asset({{"serial_number", "PF4M2ABC"}, {"datto_id", "7"}}));
  REQUIRE(judged.reasons.size() == 2);
  CHECK(judged.reasons[0].text == "Both have the datto_id 7.");
  CHECK(judged.reasons[1].text == "Their serial number differs: PF3K9XYZ and PF4M2ABC.");
  CHECK(judged.weight == 10 * kBit);
}

TEST_CASE("strong_id cuts no character in two") {
  Strategy strategy("strong_id", "asset");
  for (int shift = 0; shift < 3; ++shift) {
    std::string name(static_cast<std::size_t>(shift), 'x'), other = name;
    for (int i = 0; i < 60; ++i) name += "\u20AC", other = "\u20AC" + other;
    const Judged judged = strategy.judge(
        asset({{"serial_number", "PF3K9XYZ"}, {"manufacturer", "a" + name}, {"model", name}}),
        asset({{"serial_number", "PF3K9XYZ"}, {"manufacturer", "b" + other}, {"model", other}}));
    CHECK(judged.verdict == Verdict::review);
  }
}

TEST_CASE("strong_id keeps its forms small, whatever a field holds") {
  Strategy strategy("strong_id", "asset", kAssetSettings);
  constexpr std::size_t kHuge = 5'000'000, kLargestForm = 1024;
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "\"SERIAL" + std::to_string(7'000 + i) + "\", ";
  const std::vector<Given> hostile = {
      asset({{"serial_number", std::string(kHuge, '7')}, {"manufacturer", std::string(kHuge, 'm')}}),
      asset({{"serial_number", "PF3K9XYZ"}, {"model", std::string(kHuge, ' ')}}),
      asset({{"serial_number", "x"}, {"datto_id", ""}}),
      asset({{"serial_number", "PF3K9\nXYZ\t1"}}),
      asset({}, "{\"Chassis\": [" + many + "\"LAST12345\"]}"),
      asset({}, "no JSON"),
      asset({})};
  for (const Given& one : hostile) {
    const testkit::Keyed keyed = strategy.keyed(one);
    for (const auto& [record, form] : keyed.forms) CHECK(form.size() <= kLargestForm);
    CHECK(keyed.keys.size() <= 64);
    strategy.judge(one, one);
  }
}

TEST_CASE("strong_id gives nothing for an entity without ids and refuses a kind that is none") {
  CHECK(Strategy("strong_id", "agent").keyed({{{"name", "Ann"}}}).keys.empty());
  CHECK_THROWS_AS(Strategy("strong_id", "asset", R"({"fields": {"name": "nonsense"}})"), sdk::Failure);
}

}  // namespace psabridge::test
