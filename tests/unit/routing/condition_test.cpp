#include "core/routing/condition.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "tests/unit/routing/tickets.h"

namespace psabridge::routing {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

/// One ticket that has everything, and one that has nothing.
struct Desk {
  Vocabulary vocabulary{kSchemas};
  Records records;
  Stored stored;
  std::vector<Record> tickets;

  Desk() {
    stored.add(kClient, "12", {{"name", "Acme Ltd"}, {"seats", 40}, {"custom", {{"CFtier", "Gold"}}}});
    stored.add(kContact, "77", {{"name", "Zoe"}, {"email", "zoe@mail.acme.com"}});
    stored.add(kPriority, "1", {{"name", "Urgent"}});
    stored.add(kAsset, "5",
               {{"name", "SRV-1"}, {"serial_number", "C02X"}, {"warranty_end_at", "2026-06-10T00:00:00Z"}});
    stored.add(kAsset, "6", {{"name", "NAS"}, {"serial_number", "QN-9"}});
    tickets.push_back(records.make(kTicket, "1",
                                   {{"summary", "VPN down at M\u00fcnchen"},
                                    {"client_id", "12"},
                                    {"client_name", "ACME (old name)"},
                                    {"contact_id", "77"},
                                    {"priority_id", "1"},
                                    {"priority_name", "P1"},
                                    {"site_id", "9"},
                                    {"category_1", "Network>VPN"},
                                    {"tags", {"vip", "Remote Work", 7}},
                                    {"asset_ids", {"5", "6", "404"}},
                                    {"child_count", 3},
                                    {"cost", 12.5},
                                    {"closed", true},
                                    {"opened_at", "2026-06-03T11:00:00Z"},
                                    {"fix_by_at", "2026-06-03T13:00:00Z"},
                                    {"custom",
                                     {{"CFfloor", 3},
                                      {"CFtext", "12.50"},
                                      {"CFflag", true},
                                      {"CFlist", {"a", "b"}},
                                      {"CFdeep", {{"x", 1}}},
                                      {"CFnull", nullptr},
                                      {"CFtime", "2026-06-01T00:00:00Z"},
                                      {"a.b/c~d", "odd"}}}}));
    tickets.push_back(records.make(kTicket, "2", {{"contact_name", "Guest"}, {"priority_name", "Low"}}));
  }

  bool holds(const std::string& when, std::size_t ticket) {
    const Condition condition = compiled(when, vocabulary);
    return condition.holds(Facts(vocabulary, tickets, stored, kDecision), ticket);
  }
};

TEST_CASE("each test holds for what it describes") {
  struct Case {
    std::string when;
    bool full, bare;  // for the ticket that has everything, for the one that has nothing
  };
  Desk desk;
  for (const Case& c : {
           // equality
           Case{"{summary: \"vpn DOWN at M\u00fcnchen\"}", true, false},
           Case{"{summary: \"vpn down at M\u00dcNCHEN\"}", false, false},  // beyond ASCII the case counts
           Case{"{summary: VPN}", false, false},
           Case{"{child_count: 3}", true, false},
           Case{"{child_count: 3.0}", true, false},
           Case{"{child_count: [1, 2]}", false, false},
           Case{"{cost: 12.5}", true, false},
           Case{"{closed: true}", true, false},
           Case{"{closed: false}", false, true},  // left empty counts as no
           Case{"{opened_at: \"2026-06-03 13:00:00+02:00\"}", true, false},
           Case{"{summary: {in: [x, \"VPN down at M\u00fcnchen\"]}}", true, false},
           Case{"{summary: {not: x}}", true, true},
           Case{"{child_count: {not: [3, 4]}}", false, true},
           Case{"{child_count: {not: {above: 1, below: 3}}}", true, true},
           Case{"{child_count: {not: {above: 1, below: 4}}}", false, true},
           // references: id, stored name, the ticket's own name
           Case{"{priority: 1}", true, false},
           Case{"{priority: urgent}", true, false},
           Case{"{priority_id: Urgent}", true, false},
           Case{"{priority: P1}", false, false},  // the stored name counts
           Case{"{priority: low}", false, true},  // nothing stored: what the source said
           Case{"{priority_name: P1}", true, false},
           Case{"{client: [13, acme ltd]}", true, false},
           Case{"{client: {starts_with: acme}}", true, false},
           Case{"{site: 9}", true, false},
           Case{"{asset: nas}", true, false},
           Case{"{asset: 404}", true, false},
           Case{"{contact: guest}", false, true},
           Case{"{contact: {exists: true}}", true, false},  // a name is no record
           Case{"{contact: {exists: false}}", false, true},
           // related records
           Case{"{client.name: Acme Ltd}", true, false},
           Case{"{client.seats: {at_least: 40}}", true, false},
           Case{"{client.inactive: false}", true, false},  // there is no client to be active
           Case{"{contact.email: {glob: \"*@*.acme.com\"}}", true, false},
           Case{"{asset.serial_number: qn-9}", true, false},
           Case{"{asset.warranty_end_at: {within: +2w}}", true, false},
           Case{"{client.parent_id: {exists: false}}", true, true},
           // custom and JSON fields
           Case{"{custom.CFfloor: 3}", true, false},
           Case{"{custom.CFfloor: \"3\"}", true, false},
           Case{"{custom.CFfloor: {above: 2}}", true, false},
           Case{"{custom.CFtext: {above: 12, at_most: 12.5}}", true, false},
           Case{"{custom.CFflag: true}", true, false},
           Case{"{custom.CFlist: B}", true, false},
           Case{"{custom.CFdeep: {contains: '\"x\":1'}}", true, false},
           Case{"{custom.CFnull: {exists: true}}", false, false},
           Case{"{custom.CFmissing: {exists: false}}", true, true},
           Case{"{custom.CFtime: {after: \"2026-05-31T23:59:59Z\", before: 2026-06-02}}", true, false},
           Case{"{\"custom.a.b/c~d\": odd}", true, false},
           Case{"{client.custom.CFtier: [gold, platinum]}", true, false},
           Case{"{tags: remote work}", true, false},
           Case{"{tags: 7}", true, false},
           // ranges
           Case{"{child_count: {above: 3}}", false, false},
           Case{"{child_count: {at_least: 3, at_most: 3}}", true, false},
           Case{"{child_count: {below: 3}}", false, false},
           Case{"{child_count: {below: 3.5}}", true, false},
           Case{"{opened_at: {after: \"2026-06-03T11:00:00Z\"}}", false, false},
           Case{"{opened_at: {at_least: \"2026-06-03T11:00:00Z\"}}", true, false},
           Case{"{opened_at: {before: 30m}}", true, false},
           Case{"{opened_at: {below: 30m}}", true, false},
           Case{"{opened_at: {within: 60m}}", true, false},
           Case{"{opened_at: {within: 59m}}", false, false},
           Case{"{fix_by_at: {within: 2h}}", false, false},  // it is to come
           Case{"{fix_by_at: {within: +2h}}", true, false},
           Case{"{fix_by_at: {before: +30m}}", false, false},
           // texts
           Case{"{summary: {starts_with: vpn}}", true, false},
           Case{"{summary: {starts_with: [lan, VPN]}}", true, false},
           Case{"{summary: {ends_with: \"M\u00fcnchen\"}}", true, false},
           Case{"{summary: {ends_with: vpn}}", false, false},
           Case{"{summary: {contains: [printer, DOWN]}}", true, false},
           Case{"{summary: {contains: [printer, down!]}}", false, false},
           Case{"{summary: {glob: \"vpn * m?nchen\"}}", true, false},  // one character, two bytes
           Case{"{summary: {glob: vpn}}", false, false},
           Case{"{summary: {glob: \"*vpn*\"}}", true, false},
           Case{"{summary: {glob: [\"a*\", \"v??*down*\"]}}", true, false},
           Case{"{summary: {matches: '^VPN .*M\u00fc'}}", true, false},
           Case{"{summary: {matches: '^vpn'}}", false, false},
           Case{"{summary: {matches: ['^x', '(?i)^vpn']}}", true, false},
           Case{"{summary: {starts_with: vpn, contains: lan}}", false, false},
           Case{"{summary: {exists: true}}", true, false},
           // working hours: Wednesday noon UTC is one o'clock in London
           Case{"{now: {during: {days: [wed], from: \"13:00\", to: \"14:00\", zone: Europe/London}}}", true,
                true},
           Case{"{now: {during: {days: wed, from: \"12:00\", to: \"13:00\", zone: Europe/London}}}", false,
                false},
           Case{"{opened_at: {during: {from: 11:00, to: 12:00}}}", true, false},
           Case{"{now: {after: 2026-06-01, before: 2026-07-01}}", true, true},
           // combinations
           Case{"{priority: urgent, client: 12, closed: true}", true, false},
           Case{"{priority: urgent, client: 13}", false, false},
           Case{"{any: [{priority: low}, {client: 12, closed: true}]}", true, true},
           Case{"{all: [{priority: urgent}, {client: 13}]}", false, false},
           Case{"{not: {priority: urgent}}", false, true},
           Case{"{not: {priority: urgent, client: 13}}", true, true},
           Case{"{not: {any: [{priority: urgent}, {client: 13}]}}", false, true},
       }) {
    CAPTURE(c.when);
    CHECK(desk.holds(c.when, 0) == c.full);
    CHECK(desk.holds(c.when, 1) == c.bare);
  }
  CHECK(Condition().holds(Facts(desk.vocabulary, desk.tickets, desk.stored, kDecision), 1));
}

TEST_CASE("every mistake is named with its place, and what to do") {
  struct Case {
    std::string when;
    std::vector<std::string> said;  // "line:column code" and a part of the message
  };
  for (const Case& c : {
           Case{"prioritty: 1",
                {"1:1 PB2411 when.prioritty: a ticket has no such field. Did you mean \"priority\"?"}},
           Case{"closed: true\nclient.nam: x",
                {"2:1 PB2411 when[\"client.nam\"]: a client has no such field. Did you mean "
                 "\"client.name\"?"}},
           Case{"cliant.name: x",
                {"1:1 PB2411 when[\"cliant.name\"]: a ticket has no such field. Did you mean "
                 "\"client.name\"?"}},
           Case{"site.name: x",
                {"1:1 PB2411 when[\"site.name\"]: the pipeline does not read site records, so nothing is "
                 "known of a "
                 "ticket's site: add \"site\" to its entities."}},
           Case{"custom: x", {"1:1 PB2411"}},
           Case{"custom.: x", {"1:1 PB2411"}},
           Case{"child_count: three",
                {"1:14 PB2412 when.child_count: child_count is compared with a number, not the text "
                 "\"three\"."}},
           Case{"child_count: [1, two, 3]", {"1:18 PB2412 when.child_count[2]"}},
           Case{"closed: 1", {"1:9 PB2412 when.closed: closed is compared with true or false"}},
           Case{"summary: true", {"1:10 PB2412"}},
           Case{"summary: 1.10",
                {"1:10 PB2412 when.summary: summary is compared with a text, not the number 1.1E0; put it in "
                 "quotes"}},
           Case{"summary:",
                {"1:1 PB2412 when.summary: summary is compared with a text, not nothing; `exists: false`"}},
           Case{"opened_at: yesterday", {"1:12 PB2412"}},
           Case{"summary: {above: 1}",
                {"1:11 PB2412 when.summary.above: a range is of numbers or times, but summary is a text."}},
           Case{"closed: {at_least: 1}", {"1:10 PB2412"}},
           Case{"child_count: {above: x}", {"1:22 PB2412"}},
           Case{"child_count: {within: 2h}", {"1:15 PB2412 when.child_count.within: this test is for times"}},
           Case{"opened_at: {above: 1}", {"1:20 PB2412 when.opened_at.above: write a time such as"}},
           Case{"opened_at: {within: 2026-01-01}", {"1:21 PB2412 when.opened_at.within: write a span"}},
           Case{"opened_at: {contains: 2026}",
                {"1:13 PB2412 when.opened_at.contains: this test is for texts"}},
           Case{"child_count: {above: 1, at_least: 2}",
                {"1:25 PB2412 when.child_count.at_least: another test already bounds"}},
           Case{"custom.x: {above: 1, before: 2h}",
                {"PB2412 when[\"custom.x\"].before: the range has a number at one end"}},
           Case{"summary: {contains: {x: 1}}",
                {"1:21 PB2412 when.summary.contains: write a text, not a mapping."}},
           Case{"summary: [[x]]", {"1:11 PB2412"}},
           Case{"summary: {exists: maybe}", {"1:19 PB2412 when.summary.exists: write true or false"}},
           Case{"{}", {"1:1 PB2413 when: the condition is empty."}},
           Case{"not: {}", {"1:6 PB2413 when.not: the condition is empty."}},
           Case{"any: []", {"1:6 PB2413"}},
           Case{"any: [{}]", {"1:7 PB2413 when.any[1]"}},
           Case{"priority: []", {"1:11 PB2413 when.priority: the list is empty"}},
           Case{"priority: {in: []}", {"1:16 PB2413"}},
           Case{"priority: {}", {"1:11 PB2413 when.priority: nothing is said of the field."}},
           Case{"priority: {not: {}}", {"1:17 PB2413"}},
           Case{"summary: ''", {"1:10 PB2413 when.summary: the text is empty; `exists: false`"}},
           Case{"summary: {contains: [x, '']}", {"1:25 PB2413"}},
           Case{"summary: {matches: ''}", {"1:20 PB2413"}},
           Case{"summary: {contain: x}",
                {"1:11 PB2414 when.summary.contain: no test has that name. Did you mean \"contains\"? There "
                 "are: not, in,"}},
           Case{"summary: {matches: '(a'}",
                {"1:20 PB2415 when.summary.matches: \"(a\" is no regular expression of RE2: missing ): (a."}},
           Case{"summary: {matches: '(?=a)b'}", {"1:20 PB2415"}},
           Case{"summary: {matches: '((a{100}){100}){100}'}", {"1:20 PB2415"}},
           Case{"summary: {matches: '((\\pL{100}){9}x){1,9}'}", {"1:20 PB2415"}},
           Case{"child_count: {above: 5, below: 5}",
                {"1:14 PB2417 when.child_count: nothing lies between 5 and 5."}},
           Case{"opened_at: {after: 1h, before: 2h}",
                {"1:12 PB2417 when.opened_at: nothing lies between 1h ago and 2h ago."}},
           Case{"all: {priority: 1}", {"1:6 PB2412 when.all: write a list of conditions, not a mapping."}},
           Case{"any: [x]", {"1:7 PB2412 when.any[1]: write a condition, not the text \"x\"."}},
           Case{"not: [{priority: 1}]", {"1:6 PB2412 when.not: write a condition, not a list."}},
           Case{"now: {during: {days: [monday], from: 8, to: 17:00, zone: Mars/Phobos, till: 1}}",
                {"PB2414 when.now.during.till", "1:22 PB2412 when.now.during.days: \"monday\" is no day",
                 "1:38 PB2412 when.now.during.from",
                 "PB2412 when.now.during.zone: the time zone \"Mars/Phobos\""}},
           Case{"now: {during: {from: '08:00'}}", {"1:15 PB2412 when.now.during: \"\" is no time of day"}},
           Case{"now: {during: always}", {"1:15 PB2412 when.now.during: write working hours"}},
           Case{"summary: {during: {}}", {"1:11 PB2412"}},
           Case{"prio: 1\nclosed: 2", {"1:1 PB2411", "2:9 PB2412"}},
       }) {
    CAPTURE(c.when);
    Vocabulary vocabulary(kSchemas);
    std::vector<config::Problem> problems;
    CHECK_FALSE(Condition::compile(when_of(c.when), vocabulary, "when", problems));
    const std::vector<std::string> lines = said(problems);
    CAPTURE(lines);
    REQUIRE(lines.size() == c.said.size());
    for (std::size_t i = 0; i < lines.size(); ++i) CHECK_THAT(lines[i], ContainsSubstring(c.said[i]));
  }
}

TEST_CASE("conditions may be nested 32 levels deep and no deeper") {
  const auto nested = [](int levels, const std::string& open, const std::string& inner,
                         const std::string& close) {
    std::string text = inner;
    for (int i = 0; i < levels; ++i) text = open + text + close;
    return text;
  };
  Desk desk;
  CHECK(desk.holds(nested(32, "{not: ", "{priority: urgent}", "}"), 0));
  CHECK(desk.holds("{priority: " + nested(32, "{not: ", "urgent", "}") + "}", 0));
  for (const std::string& when : {nested(33, "{not: ", "{priority: urgent}", "}"),
                                  "{priority: " + nested(33, "{not: ", "urgent", "}") + "}"}) {
    std::vector<config::Problem> problems;
    CHECK_FALSE(Condition::compile(when_of(when), desk.vocabulary, "when", problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems.front().code == "PB2416");
  }
}

TEST_CASE("what no condition reaches is neither asked for nor read") {
  Desk desk;
  const Condition condition =
      compiled("{closed: true, client.name: Acme Ltd, custom.CFfloor: 3}", desk.vocabulary);
  std::vector<std::string> names;
  for (const Relation* relation : desk.vocabulary.relations()) names.push_back(relation->name);
  CHECK(names == std::vector<std::string>{"client"});
  CHECK(related_ids(desk.vocabulary, desk.tickets) ==
        std::map<std::string, std::vector<std::string>>{{"client", {"12"}}});

  const Facts facts(desk.vocabulary, desk.tickets, desk.stored, kDecision);
  CHECK_FALSE(condition.holds(facts, 1));  // not closed
  CHECK(desk.stored.asked("client") == 0);
  CHECK(condition.holds(facts, 0));
  CHECK(condition.holds(facts, 0));
  CHECK(desk.stored.asked("client") == 1);
}

TEST_CASE("an explanation says each test, what was found, and whether it holds") {
  Desk desk;
  const Condition condition = compiled(
      "{priority: [1, 2], any: [{child_count: {at_least: 5}}, {opened_at: {within: 2h}}], not: {asset.name: "
      "NAS}}",
      desk.vocabulary);
  const Facts facts(desk.vocabulary, desk.tickets, desk.stored, kDecision);
  std::string text;
  for (const Evidence& line : condition.explain(facts, 0))
    text += std::string(line.depth * 2, ' ') + line.path + "|" + line.test + "|" + line.found + "|" +
            (line.holds ? "yes" : "no") + "\n";
  CHECK(text ==
        "priority|is one of 1, 2|\"1\", \"Urgent\"|yes\n"
        "|at least one of||yes\n"
        "  child_count|is at least 5|3|no\n"
        "  opened_at|is not before 2h ago and not after now|2026-06-03T11:00:00.000Z|yes\n"
        "|none of||no\n"
        "  asset.name|is NAS|\"SRV-1\", \"NAS\"|yes\n");
  CHECK(condition.explain(facts, 1).front().found == "\"Low\"");
  CHECK(condition.explain(facts, 1).back().found == "nothing");
}

TEST_CASE("values that no lookup has are doubted where they stand") {
  const ValueNames names = [](std::string_view entity) -> std::vector<std::pair<std::string, std::string>> {
    if (entity == "priority") return {{"Urgent", "1"}, {"Low", "4"}};
    if (entity == "category") return {{"VPN", "20"}};
    return {};
  };
  struct Case {
    std::string when;
    std::vector<std::string> said;
  };
  for (const Case& c : {
           Case{"priority: [urgent, 4, LOW]", {}},
           Case{"priority: [1, Urgnt]",
                {"1:15 PB2418 when: priority is compared with \"Urgnt\", but no stored priority has "
                 "that name or id. Did you mean \"Urgent\"?"}},
           Case{"any: [{not: {priority: 9}}]", {"1:24 PB2418"}},
           Case{"category_1: [\"Network>vpn\", Network]", {"1:29 PB2418"}},
           Case{"client: Nobody", {}},
           Case{"priority: {contains: x}", {}},
       }) {
    CAPTURE(c.when);
    Vocabulary vocabulary(kSchemas);
    const auto lines = said(doubts(compiled(c.when, vocabulary), vocabulary, names, "when"));
    REQUIRE(lines.size() == c.said.size());
    for (std::size_t i = 0; i < lines.size(); ++i) CHECK_THAT(lines[i], ContainsSubstring(c.said[i]));
    const ValueNames nothing = [](std::string_view) {
      return std::vector<std::pair<std::string, std::string>>();
    };
    CHECK(doubts(compiled(c.when, vocabulary), vocabulary, nothing, "when").empty());
  }
}

TEST_CASE("hostile tickets and rules end, with an answer") {
  Desk desk;
  const std::string huge = std::string(5 << 20, 'a') + "b";
  const std::string with_nul("A\0B", 3);
  desk.tickets.push_back(desk.records.make(kTicket, "3", {{"summary", huge}, {"tags", {huge}}}));
  desk.tickets.push_back(
      desk.records.make(kTicket, "4", {{"summary", with_nul}, {"custom", "{\"broken\":"}}));
  desk.tickets.push_back(desk.records.make(
      kTicket, "5",
      {{"summary", "\xff\xfe\xc3"}, {"custom", std::string(10'000, '[')}, {"asset_ids", {1, nullptr}}}));
  CHECK(desk.holds("{summary: {matches: '(a|aa)+b$'}}", 2));
  CHECK(desk.holds("{summary: {glob: '*aaaaaaaa*b'}}", 2));
  CHECK_FALSE(desk.holds("{summary: {glob: '*aaaaaaaa*c'}}", 2));
  CHECK(desk.holds("{summary: {ends_with: AB}}", 2));
  CHECK_FALSE(desk.holds("{summary: {contains: aaaaaaac}}", 2));
  CHECK(desk.holds("{summary: {exists: true}, tags: {starts_with: aaa}}", 2));
  CHECK(desk.holds("{summary: {starts_with: a, ends_with: b}}", 3));
  CHECK_FALSE(desk.holds("{summary: a}", 3));
  CHECK(desk.holds("{summary: {glob: \"a?b\"}}", 3));
  CHECK(desk.holds("{custom.broken: {exists: false}}", 3));
  CHECK(desk.holds("{custom.x: {exists: false}, summary: {glob: \"???\"}}", 4));
  CHECK_FALSE(desk.holds("{asset.name: x}", 4));

  std::string list = "{client: [";
  for (int i = 0; i < 100'000; ++i) list += std::to_string(i) + ",";
  CHECK(desk.holds(list + "]}", 0));
  CHECK_FALSE(desk.holds(list + "]}", 1));

  const Condition condition = compiled("{summary: x}", desk.vocabulary);
  const Facts facts(desk.vocabulary, desk.tickets, desk.stored, kDecision);
  CHECK(condition.explain(facts, 2).front().found.size() < 100);
}

}  // namespace
}  // namespace psabridge::routing
