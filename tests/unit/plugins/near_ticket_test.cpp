// near_ticket: what is one ticket, what is for people to see, and what only looks alike.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "judged_pair.h"

namespace psabridge::test {
namespace {

using sdk::kBit;
using sdk::Verdict;
using Fields = std::map<std::string, std::string>;

/// Ann of client 12 on a Sunday at eight.
Given ticket(Fields changes = {}, std::string connection = "halo") {
  Given given{{{"summary", "The printer on floor 3 does not print"},
               {"client_id", "12"},
               {"client_name", "Acme Ltd"},
               {"contact_id", "7"},
               {"contact_email", "ann@acme.example"},
               {"closed", "false"},
               {"opened_at", "2026-03-01T08:00:00.000Z"}}};
  for (auto& [field, text] : changes) given.fields[field] = text;
  given.connection = std::move(connection);
  return given;
}

/// The same ticket at a later time of the same month.
Given later(const std::string& time, Fields changes = {}) {
  changes["opened_at"] = "2026-03-" + time + ":00.000Z";
  return ticket(std::move(changes));
}

struct PairCase {
  std::string name;
  Given a, b;
  Verdict verdict;
  std::uint64_t others = 0;
};

void check_pairs(std::string_view settings, const std::vector<PairCase>& cases) {
  Strategy strategy("near_ticket", "ticket", settings);
  for (const PairCase& c : cases) {
    INFO(c.name);
    const Judged judged = strategy.judge(c.a, c.b, c.others);
    CHECK(judged.verdict == c.verdict);
    if (c.verdict != Verdict::distinct) CHECK(judged.candidates);
  }
}

const Fields kAlert = {{"summary", "Disk C: 91 % full on SRV01"},
                       {"third_party_id", "A-77"},
                       {"contact_id", ""},
                       {"contact_email", ""}};
Fields alert(Fields changes) {
  changes.insert(kAlert.begin(), kAlert.end());
  return changes;
}

}  // namespace

TEST_CASE("near_ticket joins tickets of one alert of one client") {
  check_pairs("{}",
              {{"days apart, closed, other text", ticket(alert({})),
                later("09T10:00", alert({{"summary", "Recovered"}, {"closed", "true"}})), Verdict::same},
               {"other client", ticket(alert({})),
                ticket(alert({{"client_id", "13"}, {"client_name", "Bravo"}})), Verdict::distinct},
               {"a UUID, the client by another name in another connection",
                ticket(alert({{"third_party_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"},
                              {"client_name", "Acme Plumbing"}})),
                ticket(alert({{"third_party_id", "8F3C1D2E-0A1B-4C5D-8E9F-0123456789AB"},
                              {"client_id", "5"},
                              {"client_name", "Plumbing, Acme Ltd"}}),
                       "ninja"),
                Verdict::same},
               {"a UUID, clients that have nothing in common",
                ticket(alert({{"third_party_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"}})),
                ticket(alert({{"third_party_id", "8f3c1d2e-0a1b-4c5d-8e9f-0123456789ab"},
                              {"client_id", "5"},
                              {"client_name", "Bravo Ltd"}}),
                       "ninja"),
                Verdict::distinct},
               {"other alert, same text", ticket(alert({})), ticket(alert({{"third_party_id", "A-78"}})),
                Verdict::review},
               {"an id that all alerts of the client have", ticket(alert({})), later("09T10:00", alert({})),
                Verdict::distinct, 9}});
}

TEST_CASE("near_ticket joins what one person sent twice within minutes") {
  check_pairs(
      "{}",
      {{"twice", ticket(), later("01T08:03"), Verdict::same},
       {"across the edge of ten minutes", later("01T08:09"), later("01T08:11"), Verdict::same},
       {"just within", ticket(), later("01T08:10"), Verdict::same},
       {"no longer within", ticket(), later("01T08:11"), Verdict::review},
       {"a typing error", ticket(),
        later("01T08:03", {{"summary", "the printer on floor 3 does not pront!"}}), Verdict::same},
       {"by e-mail alone, in two connections", ticket({{"contact_id", ""}}),
        ticket({{"contact_id", "88"}, {"client_id", "5"}, {"client_name", "Acme Limited"}}, "other"),
        Verdict::same},
       {"by contact alone", ticket({{"contact_email", ""}}), later("01T08:03", {{"contact_email", ""}}),
        Verdict::same},
       {"one is closed", ticket({{"closed", "true"}}), later("01T08:03"), Verdict::review},
       {"closed long before", ticket({{"closed", "true"}}), later("02T08:03"), Verdict::distinct},
       {"politer", ticket(),
        later("01T08:03", {{"summary", "Hi, please: the printer on floor 3 does not print. Thanks!"}}),
        Verdict::same},
       {"too many typing errors", ticket(),
        later("01T08:03", {{"summary", "The prinetr on flor 3 does not prnt"}}), Verdict::review},
       {"an answer", ticket(), later("01T08:03", {{"summary", "RE: The printer on floor 3 does not print"}}),
        Verdict::same},
       {"an answer to another ticket", ticket(),
        later("01T08:03", {{"summary", "RE: The printer on floor 3 does not print [ID:0000099]"}}),
        Verdict::review},
       {"about two assets", ticket({{"asset_ids", R"(["4"])"}}),
        later("01T08:03", {{"asset_ids", R"(["5"])"}}), Verdict::distinct},
       {"about the same asset", ticket({{"asset_ids", R"(["4"])"}}),
        later("01T08:03", {{"asset_ids", R"(["4","9"])"}}), Verdict::same},
       {"at two sites", ticket({{"site_id", "1"}}), later("01T08:03", {{"site_id", "2"}}), Verdict::review},
       {"two steps of one project", ticket({{"parent_id", "50"}}), ticket({{"parent_id", "50"}}),
        Verdict::review},
       {"no times", ticket({{"opened_at", ""}}), ticket({{"opened_at", ""}}), Verdict::distinct}});
}

TEST_CASE("near_ticket: a summary that says nothing needs the same description") {
  for (const std::string summary : {"Help", "(no summary)", "printer"}) {
    INFO(summary);
    check_pairs("{}", {{"no description", ticket({{"summary", summary}}), ticket({{"summary", summary}}),
                        Verdict::review},
                       {"other description", ticket({{"summary", summary}, {"details", "My mouse is gone"}}),
                        ticket({{"summary", summary}, {"details", "No sound"}}), Verdict::review},
                       {"same description", ticket({{"summary", summary}, {"details", "My mouse is gone"}}),
                        ticket({{"summary", summary}, {"details", "My mouse is gone."}}), Verdict::same}});
  }
}

TEST_CASE("near_ticket: equal descriptions make up for slips in the summary") {
  const std::string details = "It started this morning. Please call me back.";
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"Access to Zoom", "Acecss to Zoom"},
      {"Zoom keeps crashing", "Zoomkeeps crashing"},
      {"Question about the CRM", "Question about theeCRM"},
      {"Cannot log in to the printer", "Cannot log in t the printer"}};
  for (const auto& [a, b] : texts) {
    INFO(a << " | " << b);
    const Fields first = {{"summary", a}, {"details", details}};
    check_pairs(
        "{}",
        {{"equal", ticket(first), later("01T08:03", {{"summary", b}, {"details", details}}), Verdict::same},
         {"a number differs", ticket({{"summary", a + " 41"}, {"details", details}}),
          later("01T08:03", {{"summary", b + " 42"}, {"details", details}}), Verdict::distinct}});
  }
}

TEST_CASE("near_ticket: an address of nobody is no requester") {
  const Fields nobody = {{"contact_id", ""}, {"contact_email", "noreply@provider.example"}};
  Fields elsewhere = nobody;
  elsewhere["client_id"] = "5", elsewhere["client_name"] = "Bravo";
  check_pairs("{}", {{"one client", ticket(nobody), later("01T08:03", nobody), Verdict::review},
                     {"two connections", ticket(nobody), ticket(elsewhere, "other"), Verdict::distinct}});
}

TEST_CASE("near_ticket: numbers and names are evidence") {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"Disk full on SRV01 in the data center of Acme", "Disk full on SRV02 in the data center of Acme"},
      {"Backup job 17 of the file server has failed again",
       "Backup job 18 of the file server has failed again"},
      {"Server ALPHA in the data center does not answer any more",
       "Server BRAVO in the data center does not answer any more"},
      {"Drive C of the terminal server of the accounts team is full",
       "Drive D of the terminal server of the accounts team is full"},
      {"Please unlock the account of Thomas in the accounting team today",
       "Please unlock the account of Walter in the accounting team today"},
      {"10.0.0.1 does not answer any more", "10.0.0.2 does not answer any more"},
      {"The server is reachable from the office again", "The server is not reachable from the office again"},
      {"", ""}};
  for (const auto& [a, b] : texts) {
    INFO(a << " | " << b);
    check_pairs("{}", {{"minutes apart", ticket({{"summary", a}}), later("01T08:03", {{"summary", b}}),
                        Verdict::distinct}});
  }
}

TEST_CASE("near_ticket shows people what is alike and joins none of it") {
  check_pairs(
      "{}",
      {{"an answer after days", ticket(),
        later("03T17:00", {{"summary", "RE: FW: The printer on floor 3 does not print"}}), Verdict::review},
       {"an answer to a closed one", ticket({{"closed", "true"}}),
        later("02T17:00", {{"summary", "AW: [#4711] The printer on floor 3 does not print"}}),
        Verdict::review},
       {"an answer after a week", ticket(),
        later("09T17:00", {{"summary", "RE: The printer on floor 3 does not print"}}), Verdict::distinct},
       {"two people, one outage", ticket(),
        later("01T08:02", {{"contact_id", "8"}, {"contact_email", "bob@acme.example"}}), Verdict::distinct},
       {"a colleague's forward", ticket(),
        later("01T17:00", {{"summary", "FW: The printer on floor 3 does not print"},
                           {"contact_id", "8"},
                           {"contact_email", "bob@acme.example"}}),
        Verdict::distinct},
       {"a colleague's answer that names the ticket", ticket(),
        later("01T17:00", {{"summary", "RE: The printer on floor 3 does not print [ID:0000001]"},
                           {"contact_id", "8"},
                           {"contact_email", "bob@acme.example"}}),
        Verdict::review},
       {"nobody knows who", ticket({{"contact_id", ""}, {"contact_email", ""}}),
        later("01T08:02", {{"contact_id", ""}, {"contact_email", ""}}), Verdict::review},
       {"two clients, one outage", ticket(),
        later("01T08:02", {{"client_id", "13"},
                           {"client_name", "Bravo"},
                           {"contact_id", "9"},
                           {"contact_email", "eve@bravo.example"}}),
        Verdict::distinct},
       {"same asset, same class, while the first is open",
        ticket({{"summary", "Disk C: 91 % full"}, {"asset_ids", R"(["4"])"}, {"category_1", "Disk"}}),
        later("02T08:00",
              {{"summary", "Disk C: 95 % full"}, {"asset_ids", R"(["4"])"}, {"category_1", "Disk"}}),
        Verdict::review},
       {"the same once the first is closed",
        ticket({{"summary", "Disk C: 91 % full"},
                {"asset_ids", R"(["4"])"},
                {"category_1", "Disk"},
                {"closed", "true"}}),
        later("02T08:00",
              {{"summary", "Disk C: 95 % full"}, {"asset_ids", R"(["4"])"}, {"category_1", "Disk"}}),
        Verdict::distinct},
       {"another asset",
        ticket({{"summary", "Disk C: 91 % full"}, {"asset_ids", R"(["4"])"}, {"category_1", "Disk"}}),
        later("02T08:00",
              {{"summary", "Disk C: 91 % full"}, {"asset_ids", R"(["5"])"}, {"category_1", "Disk"}}),
        Verdict::distinct}});
}

TEST_CASE("near_ticket never joins a job that comes again") {
  const Fields job = {{"summary", "Weekly check of the backups"}};
  for (const std::string time : {"01T09:00", "02T08:00", "04T08:00", "08T08:00", "15T08:00", "29T08:00"})
    for (const std::uint64_t others : {0u, 1u, 2u, 50u}) {
      INFO(time << ", " << others << " others");
      const Judged judged = Strategy("near_ticket", "ticket").judge(ticket(job), later(time, job), others);
      CHECK(judged.verdict != Verdict::same);
      if (others > 1 || time > "05") CHECK(judged.verdict == Verdict::distinct);
    }
}

TEST_CASE("near_ticket does as its settings say") {
  const Given a = ticket(), soon = later("01T08:03"), hour = later("01T09:00");
  const auto verdict = [&](std::string_view settings, const Given& b) {
    return Strategy("near_ticket", "ticket", settings).judge(a, b).verdict;
  };
  CHECK(verdict(R"({"merge_text": false})", soon) == Verdict::review);
  CHECK(verdict(R"({"within": "2h"})", hour) == Verdict::same);
  CHECK(verdict(R"({"within": "2m", "review_within": "30m"})", soon) == Verdict::review);
  CHECK(verdict(R"({"within": "2m", "review_within": "30m"})", hour) == Verdict::distinct);
  const Given typing = later("01T08:03", {{"summary", "The prinetr on flor 3 does not prnt"}});
  CHECK(verdict("{}", typing) == Verdict::review);
  CHECK(verdict(R"({"similarity": 0.8})", typing) == Verdict::same);
  const Given answer =
      later("02T08:00", {{"summary", "RE: The printer on floor 3 does not print [ID:0000001]"}});
  CHECK(verdict("{}", answer) == Verdict::same);
  CHECK(verdict(R"({"merge_answers": false})", answer) == Verdict::review);
  const Given to_another =
      later("02T08:00", {{"summary", "RE: The printer on floor 3 does not print [ID:0000099]"}});
  CHECK(verdict("{}", to_another) == Verdict::review);
  Strategy orion("near_ticket", "ticket", R"({"alert_id": "custom.Orion", "merge_text": false})");
  Given one = ticket(), two = later("05T08:00");
  one.custom = two.custom = R"({"Orion": 4711})";
  CHECK(orion.judge(one, two).verdict == Verdict::same);
  CHECK_THROWS_AS(Strategy("near_ticket", "ticket", R"({"within": "soon"})"), sdk::Failure);
}

TEST_CASE("near_ticket says both values, and the parts add up") {
  Strategy strategy("near_ticket", "ticket");
  const Judged judged =
      strategy.judge(ticket(), later("01T08:03", {{"summary", "the printer on floor 3 does not pront"}}));
  std::vector<std::pair<std::string, sdk::Weight>> parts;
  for (const testkit::Reason& reason : judged.reasons) parts.emplace_back(reason.field, reason.weight / kBit);
  CHECK(parts == std::vector<std::pair<std::string, sdk::Weight>>{
                     {"client", 1}, {"requester", 6}, {"summary", 6}, {"opened", 6}});
  REQUIRE(judged.reasons.size() == 4);
  CHECK(judged.reasons[1].text == "Both were reported by ann@acme.example.");
  CHECK(judged.reasons[2].text ==
        "\"the printer on floor 3 does not print\" and \"the printer on floor 3 does not pront\" have 97 % "
        "of their "
        "characters in common.");
  CHECK(judged.reasons[3].text ==
        "They were opened 3 minutes apart, at 2026-03-01T08:00:00.000Z and 2026-03-01T08:03:00.000Z.");
}

TEST_CASE("near_ticket takes the marks of mail programs away and nothing else") {
  Strategy strategy("near_ticket", "ticket");
  for (const std::string mark :
       {"RE: ", "Re[2]: ", "FW: RE: ", "AW: WG: ", "[EXTERNAL] RE: ", "[#0004711] ", "Fwd : "}) {
    INFO(mark);
    const Judged judged = strategy.judge(
        ticket(), later("02T08:00", {{"summary", mark + "The printer on floor 3 does not print"}}));
    CHECK(judged.verdict == Verdict::review);
  }
  const Judged named = strategy.judge(ticket({{"summary", "[SRV01] disk is full"}}),
                                      ticket({{"summary", "[SRV02] disk is full"}}));
  CHECK(named.verdict == Verdict::distinct);
  const Judged word =
      strategy.judge(ticket({{"summary", "Replace the toner"}}), ticket({{"summary", "Place the toner"}}));
  CHECK(word.verdict != Verdict::same);
}

TEST_CASE("near_ticket keeps keys few and forms small, whatever a field holds") {
  Strategy strategy("near_ticket", "ticket");
  const std::string huge(5'000'000, 'x');
  std::string words, assets = "[";
  for (int i = 0; i < 100'000; ++i)
    words += "word" + std::to_string(i) + " ", assets += "\"asset" + std::to_string(i) + "\",";
  const std::vector<Given> hostile = {
      ticket({{"summary", huge},
              {"details", huge},
              {"client_id", huge},
              {"client_name", huge},
              {"contact_id", huge},
              {"contact_email", huge},
              {"site_id", huge},
              {"parent_id", huge},
              {"category_1", huge},
              {"third_party_id", huge}},
             std::string(5'000, 'c')),
      ticket({{"summary", words},
              {"details", words},
              {"asset_ids", assets + "\"last\"]"},
              {"category_1", words},
              {"third_party_id", std::string(60, '7')},
              {"client_name", std::string(80, 'n')}}),
      ticket({{"summary", "x"}, {"opened_at", "soon"}}),
      ticket({{"summary", "RE: RE: [#1]"}, {"asset_ids", "no JSON"}, {"contact_email", "a\nb\tc"}}), Given{}};
  for (const Given& one : hostile) {
    const testkit::Keyed keyed = strategy.keyed(one);
    CHECK(keyed.forms.at(0).size() <= 1024);
    CHECK(keyed.keys.size() <= 20);
    strategy.judge(one, one);
  }
  const Given cut = ticket({{"summary", words + "a"}}), other = ticket({{"summary", words + "b"}});
  CHECK(strategy.judge(cut, cut).verdict == Verdict::same);
  CHECK(strategy.judge(cut, other).verdict == Verdict::distinct);
}

}  // namespace psabridge::test
