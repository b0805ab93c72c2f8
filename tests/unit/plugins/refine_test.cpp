// What each syncer changes in the records of its entity, and what it refuses.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "loaded_plugin.h"

namespace psabridge::test {
namespace {

namespace json = boost::json;

/// Members of `expected` are exactly what refine() changes; a member that is null was cleared.
struct Case {
  const char* what;
  const char* entity;
  const char* fields;
  const char* expected;
};

constexpr Case kCases[] = {
    {"a tidy record stays as it is", "status", R"({"name": "New", "sequence": 1})", R"({})"},
    {"whitespace around texts goes", "status", R"({"name": "  In progress\r\n"})",
     R"({"name": "In progress"})"},
    {"NUL characters go", "status", R"({"name": "Clo\u0000sed\u0000", "intent": "\u0000"})",
     R"({"name": "Closed", "intent": null})"},
    {"an empty text is nothing", "status", R"({"name": "New", "intent": "", "colour": " "})",
     R"({"intent": null, "colour": null})"},
    {"ids of others are tidied too", "site", R"({"name": "HQ", "full_name": "HQ", "client_id": " 12 "})",
     R"({"client_id": "12", "site_id": "7"})"},

    {"client: domain of the web site", "client",
     R"({"name": "Acme", "website": "https://www.Acme.co.uk:8443/shop?x=1"})",
     R"({"client_id": "7", "domain": "acme.co.uk"})"},
    {"client: the source's domain wins", "client",
     R"({"name": "A", "domain": "WWW.Acme.Test.", "website": "other.test"})",
     R"({"client_id": "7", "domain": "acme.test"})"},
    {"client: domain of the main contact", "client", R"({"name": "A", "main_contact_email": "Jo@Acme.test"})",
     R"({"client_id": "7", "domain": "acme.test", "main_contact_email": "jo@acme.test"})"},
    {"client: a public mail provider is no domain of a client", "client",
     R"({"name": "A", "main_contact_email": "jo@gmail.com"})", R"({"client_id": "7"})"},
    {"client: an address in numbers is no domain", "client",
     R"({"name": "A", "website": "http://192.0.2.7/"})", R"({"client_id": "7"})"},
    {"client: words are no domain", "client", R"({"name": "A", "domain": "not yet"})",
     R"({"client_id": "7", "domain": null})"},

    {"site: full name with its client", "site", R"({"name": "HQ", "client_name": "Acme"})",
     R"({"site_id": "7", "full_name": "Acme/HQ"})"},
    {"site: full name without one", "site", R"({"name": "HQ", "email_domain": "ACME.test"})",
     R"({"site_id": "7", "full_name": "HQ", "email_domain": "acme.test"})"},

    {"contact: name of first and last name", "contact", R"({"first_name": "Jo ", "last_name": "Bloggs"})",
     R"({"first_name": "Jo", "name": "Jo Bloggs", "general_user": false})"},
    {"contact: name of the last name", "contact", R"({"last_name": "Bloggs"})",
     R"({"name": "Bloggs", "general_user": false})"},
    {"contact: name of the address", "contact", R"({"email": "MAILTO:Jo@Acme.Test"})",
     R"({"email": "jo@acme.test", "name": "jo@acme.test", "general_user": false})"},
    {"contact: nobody is left to the host, which misses the name", "contact", R"({"phone": "12"})",
     R"({"general_user": false})"},
    {"contact: general user of a site", "contact", R"({"name": "general user"})",
     R"({"general_user": true})"},
    {"contact: the source knows better", "contact", R"({"name": "General User", "general_user": false})",
     R"({})"},
    {"contact: digits of an international number", "contact",
     R"({"name": "Jo", "phone": "+44 (0)20 7946-0958 ext. 12", "general_user": false})",
     R"({"phone_digits": "+442079460958"})"},
    {"contact: 00 is +", "contact", R"({"name": "Jo", "phone": "0044 20 7946 0958", "general_user": false})",
     R"({"phone_digits": "+442079460958"})"},
    {"contact: a national number keeps its zero", "contact",
     R"({"name": "Jo", "phone": "(020) 7946/0958", "general_user": false})",
     R"({"phone_digits": "02079460958"})"},
    {"contact: the preferred number first", "contact",
     R"({"name": "Jo", "phone": "111 111", "preferred_phone": "222 222", "general_user": false})",
     R"({"phone_digits": "222222"})"},
    {"contact: what is no number is passed over", "contact",
     R"({"name": "Jo", "phone": "111 111", "preferred_phone": "n/a", "mobile_phone": "222 222", "general_user": false})",
     R"({"phone_digits": "111111"})"},
    {"contact: the first of several numbers", "contact",
     R"({"name": "Jo", "phone": "Tel: 555 1234; 555 9876", "general_user": false})",
     R"({"phone_digits": "5551234"})"},

    {"agent: name, address, no own manager", "agent",
     R"({"first_name": "Ann", "last_name": "Lee", "email": "Ann@Desk.test", "line_manager_id": "7"})",
     R"({"name": "Ann Lee", "email": "ann@desk.test", "line_manager_id": null})"},
    {"team: address", "team", R"({"name": "NOC", "email": " NOC@Desk.test"})",
     R"({"email": "noc@desk.test"})"},

    {"category: name of the path", "category", R"({"path": "Hardware>Desktop"})", R"({"name": "Desktop"})"},
    {"category: path of the name", "category", R"({"name": "Hardware"})", R"({"path": "Hardware"})"},

    {"asset: its tag is its name", "asset", R"({"asset_tag": "PC-01", "key_field": "host"})",
     R"({"name": "PC-01"})"},
    {"asset: or a key field", "asset", R"({"asset_tag": " ", "key_field": "host"})",
     R"({"asset_tag": null, "name": "host"})"},
    {"asset: or its id", "asset", R"({})", R"({"name": "Asset 7"})"},
    {"asset: no part of itself", "asset", R"({"name": "PC", "parent_id": "7"})", R"({"parent_id": null})"},

    {"ticket: open, not merged", "ticket", R"({"summary": "VPN"})", R"({"closed": false, "merged": false})"},
    {"ticket: closed by its flag", "ticket", R"({"summary": "VPN", "closed": true})", R"({"merged": false})"},
    {"ticket: closed by its time", "ticket", R"({"summary": "VPN", "closed_at": "2026-03-01T08:00:00.000Z"})",
     R"({"closed": true, "merged": false})"},
    {"ticket: the time outweighs a stale flag", "ticket",
     R"({"summary": "VPN", "closed": false, "closed_at": "2026-03-01T08:00:00.000Z"})",
     R"({"closed": true, "merged": false})"},
    {"ticket: none is lost for lack of a summary", "ticket",
     R"({"summary": " ", "closed": false, "merged": false})", R"json({"summary": "(no summary)"})json"},
    {"ticket: merged into another", "ticket", R"({"summary": "VPN", "closed": true, "merged_into_id": "9"})",
     R"({"merged": true})"},
    {"ticket: no relation to itself", "ticket",
     R"({"summary": "VPN", "closed": true, "merged_into_id": "7", "parent_id": "7", "created_from_id": "7"})",
     R"({"merged_into_id": null, "parent_id": null, "created_from_id": null, "merged": false})"},
    {"ticket: a list of tags", "ticket",
     R"({"summary": "VPN", "closed": false, "merged": false, "tags": "vpn, Urgent;;VPN , \"x\" "})",
     R"({"tags": ["vpn", "Urgent", "\"x\""]})"},
    {"ticket: an empty list of tags", "ticket",
     R"({"summary": "VPN", "closed": false, "merged": false, "tags": " , "})", R"({"tags": null})"},
    {"ticket: tags that are an array already", "ticket",
     R"({"summary": "VPN", "closed": false, "merged": false, "tags": ["vpn", "urgent"]})", R"({})"},
    {"ticket: details of the HTML", "ticket",
     R"({"summary": "VPN", "closed": false, "merged": false, "details_html": "<p>No <b>VPN</b></p>", "contact_email": "Jo@A.test"})",
     R"({"details": "No VPN", "contact_email": "jo@a.test"})"},
    {"ticket: details of the source stay", "ticket",
     R"({"summary": "VPN", "closed": false, "merged": false, "details": "plain", "details_html": "<p>rich</p>"})",
     R"({})"},

    {"note: text of the mail", "note",
     R"({"ticket_id": "7", "email_body": "Hello", "email_body_html": "<b>Hi</b>"})", R"({"text": "Hello"})"},
    {"note: text of the mail's HTML", "note", R"({"ticket_id": "7", "email_body_html": "<b>Hi</b>"})",
     R"({"text": "Hi"})"},
    {"note: happened when it was made", "note",
     R"({"ticket_id": "7", "text": "x", "created_at": "2026-03-01T08:00:00.000Z"})",
     R"({"occurred_at": "2026-03-01T08:00:00.000Z"})"},
    {"note: a change of state without words stays", "note", R"({"ticket_id": "7", "new_status_id": "9"})",
     R"({})"},
};

struct HtmlCase {
  const char* html;
  const char* text;
};

constexpr HtmlCase kHtml[] = {
    {"plain words", "plain words"},
    {"a<br>b<br/>c", "a\nb\nc"},
    {"<p>one</p>\n<p>two</p>", "one\n\ntwo"},
    {"<div>one</div><div>two</div>", "one\ntwo"},
    {"a<br><br><br><br>b", "a\n\nb"},
    {"<ul><li>one</li><li>two</li></ul>", "- one\n- two"},
    {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
    {"<html><head><title>T</title><style>p{}</style></head><body>text</body></html>", "text"},
    {"a<script>if (a < b) alert('</p>')</SCRIPT>b", "ab"},
    {"a<!-- <p>hidden</p> -->b", "ab"},
    {"<a title=\"a > b\" href='x'>link</a>", "link"},
    {"1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"},
    {"Gr&uuml;&szlig;e &#8364;&#x20AC;&euro;",
     "Gr\xC3\xBC\xC3\x9F"
     "e \xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"},
    {"a&nbsp;&nbsp;b  \n c", "a b c"},
    {"&unknown; &#xD800; &#0; & &", "&unknown; &#xD800; &#0; & &"},
    {"1 < 2 and <3 you", "1 < 2 and <3 you"},
    {"cut <b", "cut <b"},
    {"<script>cut", nullptr},
    {"<p> </p>", nullptr},
};

}  // namespace

TEST_CASE("syncers normalise and derive") {
  std::map<std::string, LoadedSyncer> syncers;
  for (const std::string& entity : entities()) syncers.try_emplace(entity, entity);
  for (const Case& c : kCases) {
    INFO(c.what);
    const Refined refined = syncers.at(c.entity).refine("7", json::parse(c.fields).as_object());
    INFO(json::serialize(refined.changes));
    CHECK(json::value(refined.changes) == json::parse(c.expected));
    CHECK(refined.rejection.empty());
  }
}

TEST_CASE("refining what is refined changes nothing") {
  std::map<std::string, LoadedSyncer> syncers;
  for (const std::string& entity : entities()) syncers.try_emplace(entity, entity);
  for (const Case& c : kCases) {
    INFO(c.what);
    json::object fields = json::parse(c.fields).as_object();
    for (const auto& [name, value] : syncers.at(c.entity).refine("7", fields).changes) fields[name] = value;
    CHECK(json::serialize(syncers.at(c.entity).refine("7", fields).changes) == "{}");
  }
}

TEST_CASE("records without a usable id are rejected, the others of the batch are not") {
  struct {
    const char* source_id;
    const char* reason;
  } const cases[] = {{"", "no id"}, {"-1", "negative"}, {"0", ""}, {"7", ""}, {"7/1", ""}, {"-x", ""}};
  for (const std::string& entity : entities()) {
    LoadedSyncer syncer(entity);
    Rows rows(syncer.schema());
    for (const auto& c : cases) rows.add(c.source_id, {});
    const std::vector<Refined> refined = syncer.refine(rows);
    for (std::size_t i = 0; i < std::size(cases); ++i) {
      INFO(entity << " \"" << cases[i].source_id << "\"");
      const std::string reason = cases[i].reason;
      CHECK(refined[i].rejection.empty() == reason.empty());
      CHECK(refined[i].rejection.find(reason) != std::string::npos);
      CHECK(refined[i].code == (reason.empty() ? "" : "PB1406"));
    }
  }
}

TEST_CASE("HTML becomes readable text") {
  LoadedSyncer note("note");
  for (const auto& [html, text] : kHtml) {
    INFO(html);
    const json::object changes = note.refine("7/1", {{"ticket_id", "7"}, {"html", html}}).changes;
    if (text)
      CHECK(json::serialize(changes) == json::serialize(json::object{{"text", text}}));
    else
      CHECK(changes.empty());
  }
}

TEST_CASE("HTML that ends anywhere is read without a fault") {
  LoadedSyncer note("note");
  for (const auto& [html, text] : kHtml) {
    const std::string whole = html;
    for (std::size_t length = 0; length <= whole.size(); ++length) {
      INFO(whole.substr(0, length));
      const auto changes =
          note.refine("7/1", {{"ticket_id", "7"}, {"html", whole.substr(0, length)}}).changes;
      CHECK(changes.size() <= 2);  // the text, and the html when the cut left whitespace at its end
    }
  }
}

TEST_CASE("a batch that does not fit the schema is refused with the missing field") {
  LoadedSyncer team("team");
  EntitySchema narrow = team.schema();
  std::erase_if(narrow.fields, [](const FieldSchema& field) { return field.name == "email"; });
  Rows rows(narrow);
  rows.add("7", {{"name", "NOC"}});
  LoggingHost host;
  const LoadedRole role("syncer_team", host);
  const psabridge_refine_sink sink{sizeof sink, nullptr, nullptr, nullptr};
  Call call;
  const Ending end =
      call.ending(role.verbs<psabridge_syncer>().refine(role.self(), rows.batch(), &sink, call.table()));
  CHECK(end.code == PSABRIDGE_FAILED);
  CHECK(end.message.find("\"email\"") != std::string::npos);
}

}  // namespace psabridge::test
