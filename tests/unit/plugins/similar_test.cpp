// The strategy "similar", judged through its door: pairs of records and what becomes of them.
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <psabridge/testkit.hpp>
#include <string>
#include <vector>

namespace {

using namespace psabridge;
using sdk::Value;
using sdk::Verdict;
using testkit::Records;
using Row = std::vector<std::string>;

const testkit::Plugin& plugin() {
  static const testkit::Plugin kPlugin(PSABRIDGE_PLUGIN_DIR "/dedup_similar.so");
  return kPlugin;
}

Records records_of(const std::string& entity, const std::vector<std::string>& fields,
                   const std::vector<Row>& rows) {
  Records records(entity, fields);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<psabridge_value> values;
    for (const std::string& text : rows[i])
      values.push_back(text.empty() ? Value::null() : Value::text(text));
    records.add(std::to_string(i), std::move(values));
  }
  return records;
}

/// Some records with their forms and frequencies, in a store of a thousand.
struct Store {
  Store(const std::string& settings, const Records& records)
      : strategy(plugin().dedup("similar", settings, host)) {
    keyed = strategy.keyed(records);
    for (const testkit::Key& key : keyed.keys) ++terms.counts[{key.kind, key.text}];
    terms.total = std::max<std::uint64_t>(records.size(), 1000);
  }
  testkit::Weighed pair(std::size_t a, std::size_t b) {
    return strategy.compare(keyed.forms.at(a), {keyed.forms.at(b)}, terms).at(0);
  }
  bool meet(std::size_t a, std::size_t b) const {
    for (const testkit::Key& left : keyed.keys)
      for (const testkit::Key& right : keyed.keys)
        if (left.record == a && right.record == b && left.kind == sdk::KeyKind::block &&
            right.kind == left.kind && left.text == right.text)
          return true;
    return false;
  }

  testkit::FakeHost host;
  testkit::DedupStrategy strategy;
  testkit::Keyed keyed;
  testkit::TermCounts terms;
};

struct Pair {
  std::string about;
  Row a, b;
  Verdict verdict;
};

const std::vector<std::string> kClient = {"name", "domain", "phone", "delivery_address", "tax_number"};
const std::vector<Pair> kClients = {
    {"another legal form",
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521"},
     {"ZYMOLOGIC LIMITED", "https://www.zymologic.co.uk/", "+44 113 278 4521"},
     Verdict::same},
    {"words in another order",
     {"Plumbing, Harrogate Spring", "", "01423 555 871"},
     {"Harrogate Spring Plumbing", "", "01423 555871"},
     Verdict::same},
    {"a slip and an abbreviation",
     {"Brightwater Technologies", "brightwater.io", ""},
     {"Brihgtwater Tech Inc", "brightwater.io", ""},
     Verdict::same},
    {"a name alone", {"Zymologic Ltd"}, {"Zymologic"}, Verdict::review},
    {"nothing in common",
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521"},
     {"Brightwater", "brightwater.io", "0207 946 1234"},
     Verdict::distinct},
    {"a free-mail domain is nobody's",
     {"Baker & Daughter", "gmail.com", ""},
     {"Oxley Joinery", "gmail.com", ""},
     Verdict::distinct},
    {"a member of the group",
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521", "9 Mill Lane, Leeds"},
     {"Zymologic Holdings Ltd", "zymologic.co.uk", "0113 278 4521", "9 Mill Lane, Leeds"},
     Verdict::review},
    {"another branch of a franchise",
     {"Snapfit Gym Leeds", "snapfit.com", "0113 278 4521", "9 Mill Lane, Leeds, LS1 4AB"},
     {"Snapfit Gym York", "snapfit.com", "01904 311 222", "77 Station Road, York, YO2 9XX"},
     Verdict::distinct},
    {"moved, or another branch",
     {"Zymologic Brewers", "zymologic.co.uk", "0113 278 4521", "9 Mill Lane, Leeds, LS1 4AB"},
     {"Zymologic Brewers", "zymologic.co.uk", "01904 311 222", "77 Station Road, York, YO2 9XX"},
     Verdict::review},
    {"a branch in the same street of another town",
     {"Snip Couriers", "snipcouriers.fr", "0245 450 7650", "160 rue Pasteur, 35913 Rennes"},
     {"Snip Couriers", "snipcouriers.fr", "0299 751 2017", "13 rue Pasteur, 67123 Strasbourg"},
     Verdict::review},
    {"a full name of several rare words",
     {"Zymologic Brightwater Ltd"},
     {"Zymologic Brightwater"},
     Verdict::same},
    {"the same, but something differs",
     {"Zymologic Brightwater Ltd", "", "0113 278 4521"},
     {"Zymologic Brightwater", "", "01904 311 222"},
     Verdict::review},
    {"another tax number and a name of the group",
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521", "9 Mill Lane, Leeds", "GB634337768"},
     {"Zymologic Holdings Ltd", "zymologic.co.uk", "0113 278 4521", "9 Mill Lane, Leeds", "GB111222444"},
     Verdict::distinct},
    {"two tax numbers",
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521", "", "GB634337768"},
     {"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521", "", "GB111222444"},
     Verdict::review},
    {"a tax number without its country",
     {"Zymologic Ltd", "", "", "", "GB634337768"},
     {"Zymologic", "", "", "", "634337768"},
     Verdict::same},
    {"neighbours in a row of numbers",
     {"Zymologic Ltd", "", "0113 278 4521"},
     {"Brightwater", "", "0113 278 4538"},
     Verdict::distinct},
    {"a number with a slip",
     {"Zymologic Ltd", "", "0113 278 4521"},
     {"Zymologic", "", "0113 298 4521"},
     Verdict::same},
    {"a right-to-left name",
     {"شركة النور", "alnoor.ae", "+971 4 321 7654"},
     {"شركة النور", "alnoor.ae", "04 321 7654"},
     Verdict::same},
    {"mixed scripts",
     {"Nordström Kühlung AB", "nordstrom-kyla.se", ""},
     {"NORDSTROM KUHLUNG", "nordstrom-kyla.se", ""},
     Verdict::same},
};

const std::vector<std::string> kContact = {"name",  "first_name",  "last_name",   "email",
                                           "phone", "client_name", "mobile_phone"};
const std::vector<Pair> kContacts = {
    {"a pet name",
     {"Bob Zyskowski", "", "", "bob.z@zymologic.co.uk", "", "Zymologic"},
     {"Robert Zyskowski", "", "", "bob.z@zymologic.co.uk", "", "Zymologic Ltd"},
     Verdict::same},
    {"surname first",
     {"Zyskowski, Robert", "", "", "", "0113 278 4521", "Zymologic"},
     {"Robert Zyskowski", "", "", "", "0113 278 4521", "Zymologic"},
     Verdict::same},
    {"parts and a whole name",
     {"Robert Zyskowski", "Robert", "", "", "0113 278 4521", ""},
     {"", "Robert", "Zyskowski", "", "0113 278 4521", ""},
     Verdict::same},
    {"a couple",
     {"Anna Zyskowski", "", "", "zyskowski@family.net", "0113 278 4521", "Zymologic"},
     {"Piotr Zyskowski", "", "", "zyskowski@family.net", "0113 278 4521", "Zymologic"},
     Verdict::distinct},
    {"colleagues at one telephone",
     {"Anna Zyskowski", "", "", "", "0113 278 4521", "Zymologic"},
     {"Piotr Brandt", "", "", "", "0113 278 4521", "Zymologic"},
     Verdict::distinct},
    {"a role's mailbox",
     {"Anna Zyskowski", "", "", "info@zymologic.co.uk", "", "Zymologic"},
     {"Piotr Brandt", "", "", "info@zymologic.co.uk", "", "Zymologic"},
     Verdict::distinct},
    {"senior and junior",
     {"Robert Zyskowski Sr", "", "", "", "0113 278 4521", "Zymologic"},
     {"Robert Zyskowski Jr", "", "", "", "0113 278 4521", "Zymologic"},
     Verdict::review},
    {"a numbered mailbox is another account",
     {"Jane Smith", "", "", "jane.smith@zymologic.co.uk", "", "Zymologic"},
     {"Jane Smith", "", "", "jane.smith2@zymologic.co.uk", "", "Zymologic"},
     Verdict::review},
    {"one person at two clients",
     {"Robert Zyskowski", "", "", "r@zymologic.co.uk", "07700 123 456", "Zymologic"},
     {"Robert Zyskowski", "", "", "r@brightwater.io", "07700 123 456", "Brightwater"},
     Verdict::review},
    {"namesakes' mailboxes at one firm",
     {"Jane Hall", "", "", "jhall@zymologic.co.uk", "0113 278 4521", "Zymologic"},
     {"Jane Holt", "", "", "jholt@zymologic.co.uk", "01904 311 222", "Zymologic"},
     Verdict::review},
    {"a desk's number and a mobile phone's",
     {"Robert Smith", "", "", "", "0113 278 4521", "Zymologic", ""},
     {"Robert Smith", "", "", "", "", "Zymologic", "07801 422 817"},
     Verdict::same},
    {"a role's numbered mailbox, and a name like the other's surname",
     {"Kenneth Roberts", "", "", "office64@zymologic.co.uk", "", "Zymologic"},
     {"Robert Clayton", "", "", "office64@zymologic.co.uk", "", "Zymologic"},
     Verdict::distinct},
    {"a role's mailbox and the same given name",
     {"Derek Evans", "", "", "hello@zymologic.co.uk", "", "Zymologic"},
     {"Derek Rowbury", "", "", "hello@zymologic.co.uk", "", "Zymologic"},
     Verdict::review},
    {"one letter for a name", {"J", "", "", "", "", ""}, {"J", "", "", "", "", ""}, Verdict::distinct},
};

const std::vector<std::string> kAsset = {"host_name", "asset_tag",   "model",          "manufacturer",
                                         "user_name", "client_name", "asset_type_name"};
const std::vector<Pair> kAssets = {
    {"a host name with and without its domain",
     {"ZYMO-LT-017", "", "Latitude 5420", "Dell Inc.", "", "Zymologic"},
     {"zymo-lt-017.zymologic.local", "", "Dell Latitude 5420", "DELL", "", "Zymologic Ltd"},
     Verdict::same},
    {"a host name alone at one client",
     {"ZYMO-LT-017", "", "", "", "", "Zymologic"},
     {"ZYMO-LT-017", "", "", "", "", "Zymologic"},
     Verdict::same},
    {"a reused name: another model",
     {"ZYMO-LT-017", "", "Latitude 5420", "", "", "Zymologic"},
     {"ZYMO-LT-017", "", "OptiPlex 7090", "", "", "Zymologic"},
     Verdict::review},
    {"a reused name: another manufacturer",
     {"ZYMO-LT-017", "", "", "Dell Inc.", "", "Zymologic"},
     {"ZYMO-LT-017", "", "", "Hewlett-Packard", "", "Zymologic"},
     Verdict::review},
    {"a reused name: another tag",
     {"ZYMO-LT-017", "ZY41022", "", "", "", "Zymologic"},
     {"ZYMO-LT-017", "ZY93157", "", "", "", "Zymologic"},
     Verdict::review},
    {"a new name for the same tag",
     {"ZYMO-LT-017", "ZY41022", "Latitude 5420", "Dell", "", "Zymologic"},
     {"ZYMO-LT-044", "ZY41022", "Latitude 5420", "Dell", "", "Zymologic"},
     Verdict::same},
    {"two devices of one user",
     {"ZYMO-LT-017", "", "Latitude 5420", "Dell", "Isla Hallward", "Zymologic", "Laptop"},
     {"ZYMO-PC-009", "", "Latitude 5420", "Dell", "Isla Hallward", "Zymologic", "Laptop"},
     Verdict::distinct},
    {"guests of one host",
     {"ZYMO-SRV-001", "", "Virtual Machine", "Microsoft Corporation", "", "Zymologic", "Virtual Machine"},
     {"ZYMO-SRV-002", "", "Virtual Machine", "Microsoft Corporation", "", "Zymologic", "Virtual Machine"},
     Verdict::distinct},
};

const std::string kPeopleFields = R"({"fields": {"given": "given_name", "surname": "surname",
  "year": {"kind": "date", "join": ["month", "day"]}, "street": "street", "town": "town", "postcode": "postcode",
  "id": "identifier"}})";
const std::vector<std::string> kPerson = {"given",  "surname", "year",     "month", "day",
                                          "street", "town",    "postcode", "id"};
const std::vector<Pair> kPeople = {
    {"typing errors in two fields",
     {"lachlan", "berry", "1999", "2", "19", "giblin street", "bittern", "4814", "7364009"},
     {"lachlan", "bery", "1999", "2", "19", "gilbin st", "bittern", "4814", "7364009"},
     Verdict::same},
    {"names exchanged",
     {"isla", "hallward", "1985", "2", "7", "", "leeds", "", ""},
     {"hallward", "isla", "1985", "2", "7", "", "leeds", "", ""},
     Verdict::same},
    {"day and month exchanged",
     {"lachlan", "zyskowski", "1985", "2", "7", "", "leeds", "", ""},
     {"lachlan", "zyskowski", "1985", "7", "2", "", "leeds", "", ""},
     Verdict::same},
    {"twins",
     {"lachlan", "berry", "1999", "2", "19", "giblin street", "bittern", "4814", ""},
     {"thomas", "berry", "1999", "2", "19", "giblin street", "bittern", "4814", ""},
     Verdict::distinct},
    {"placeholders are no values",
     {"unknown", "n/a", "", "", "", "-", "none", "0000", "0000000"},
     {"unknown", "n/a", "", "", "", "-", "none", "0000", "0000000"},
     Verdict::distinct},
};

const std::string kProductFields = R"({"fields": {"name": "text", "maker": "category", "price": "amount"}})";
const std::vector<std::string> kProduct = {"name", "maker", "price"};
const std::vector<Pair> kProducts = {
    {"words left out",
     {"Sony Bravia KDL40V2500 LCD television black", "Sony", "1299.00"},
     {"Sony KDL40V2500 Bravia television", "Sony", "$1,299"},
     Verdict::same},
    {"another model",
     {"HP ProDesk model 450 desktop", "HP", "700"},
     {"HP ProDesk model 455 desktop", "HP", "700"},
     Verdict::review},
};

struct Table {
  std::string entity, settings;
  std::vector<std::string> fields;
  std::vector<Pair> pairs;
};
const std::vector<Table> kTables = {{"client", "{}", kClient, kClients},
                                    {"contact", "{}", kContact, kContacts},
                                    {"asset", "{}", kAsset, kAssets},
                                    {"person", kPeopleFields, kPerson, kPeople},
                                    {"product", kProductFields, kProduct, kProducts}};

std::string explained(const testkit::Weighed& weighed) {
  std::string text = std::to_string(weighed.weight) + (weighed.veto ? " veto" : "");
  for (const testkit::Reason& reason : weighed.reasons)
    text += "\n  " + std::to_string(reason.weight) + " " + reason.field + ": " + reason.text;
  return text;
}

}  // namespace

TEST_CASE("similar judges pairs of records as a person would") {
  for (const Table& table : kTables)
    for (const Pair& pair : table.pairs) {
      Store store(table.settings, records_of(table.entity, table.fields, {pair.a, pair.b}));
      const testkit::Weighed found = store.pair(0, 1), back = store.pair(1, 0);
      INFO(table.entity << ": " << pair.about << "\n" << explained(found));
      CHECK(found.verdict == pair.verdict);
      CHECK(back.verdict == found.verdict);
      CHECK(back.weight == found.weight);
      CHECK(back.veto == found.veto);
      sdk::Weight sum = 0;
      for (const testkit::Reason& reason : found.reasons) sum += reason.weight;
      CHECK(sum == found.weight);
      CHECK(found.reasons.front().field == "prior");
      if (pair.verdict == Verdict::same) CHECK(store.meet(0, 1));
    }
}

TEST_CASE("A contact that stands for a site is compared with nobody") {
  Records contacts("contact", {"name", "client_name", "general_user"});
  for (const char* id : {"1", "2"})
    contacts.add(id, {Value::text("General User"), Value::text("Zymologic"), Value::boolean(true)});
  contacts.add("3", {Value::text("Anna Zyskowski"), Value::text("Zymologic"), Value::boolean(false)});
  const Store store("{}", contacts);
  for (const testkit::Key& key : store.keyed.keys) CHECK(key.record == 2);
  CHECK_FALSE(store.keyed.keys.empty());
}

TEST_CASE("Every pair weighs the same from both sides") {
  for (const Table& table : kTables) {
    std::vector<Row> rows;
    for (const Pair& pair : table.pairs) rows.push_back(pair.a), rows.push_back(pair.b);
    Store store(table.settings, records_of(table.entity, table.fields, rows));
    for (std::size_t a = 0; a < rows.size(); ++a)
      for (std::size_t b = a + 1; b < rows.size(); ++b) {
        const testkit::Weighed found = store.pair(a, b), back = store.pair(b, a);
        INFO(table.entity << " " << a << " " << b << "\n" << explained(found) << "\n" << explained(back));
        CHECK(found.weight == back.weight);
        CHECK(found.verdict == back.verdict);
        CHECK(found.veto == back.veto);
      }
  }
}

TEST_CASE("What many have in common is little evidence") {
  const auto weight_with = [](std::uint64_t smiths) {
    Store store("{}", records_of("contact", kContact, {{"Jane Smith"}, {"Jane Smith"}}));
    for (auto& [key, count] : store.terms.counts) count = smiths;
    store.terms.total = 100'000;
    return store.pair(0, 1).weight;
  };
  CHECK(weight_with(2) > weight_with(200));
  CHECK(weight_with(200) > weight_with(20'000));
}

TEST_CASE("Namesakes of whom each has two other numbers are less likely one than those with one each") {
  const auto weight = [](const std::string& mobile, const std::string& other_mobile) {
    Store store("{}", records_of("contact", kContact,
                                 {{"Jane Smith", "", "", "", "0113 278 4521", "Zymologic", mobile},
                                  {"Jane Smith", "", "", "", "01904 311 222", "Zymologic", other_mobile}}));
    return store.pair(0, 1).weight;
  };
  const sdk::Weight one_each = weight("", "");
  CHECK(weight("07700 900 123", "") == one_each);
  CHECK(weight("07700 900 123", "07801 422 817") < one_each);
  CHECK(weight("07700 900 123", "07700 900 123") > one_each);
}

TEST_CASE("A name that many firms have as a whole is no evidence, whatever its legal form") {
  const auto weight_with = [](std::uint64_t firms) {
    Store store("{}", records_of("client", kClient, {{"Rapid Care Ltd"}, {"Rapid Care LLP"}}));
    for (auto& [key, count] : store.terms.counts)
      if (key.second.find("nrapid") != std::string::npos) count = firms;
    store.terms.total = 10'000;
    return store.pair(0, 1).weight;
  };
  CHECK(weight_with(12) < weight_with(2));
}

TEST_CASE("Bad input gives small forms, few keys and no failure") {
  const std::string huge(5'000'000, 'x');
  const std::vector<Row> rows = {{""},
                                 {"x"},
                                 {huge, huge, huge, huge, huge},
                                 {"\xff\xfe broken"},
                                 {"\u202eشركة"},
                                 {"___"},
                                 {std::string(1000, '\'')},
                                 {"İIıi ſ ß Ǆ", "http://", "++++", ",,,,", "GB"}};
  Store store("{}", records_of("client", kClient, rows));
  std::map<std::size_t, std::size_t> blocks;
  for (const testkit::Key& key : store.keyed.keys) {
    CHECK(key.text.size() < 4096);
    blocks[key.record] += key.kind == sdk::KeyKind::block ? 1 : 0;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO("record " << i);
    CHECK(store.keyed.forms.at(i).size() <= 4096);
    CHECK(blocks[i] <= 16);
    CHECK(store.pair(i, i).verdict != Verdict::same);
  }
}

TEST_CASE("Forms of another kind or cut short are taken without failure") {
  Store store("{}", records_of("client", kClient, {{"Zymologic Ltd", "zymologic.co.uk", "0113 278 4521"}}));
  const std::string form = store.keyed.forms.at(0);
  for (std::size_t size = 0; size <= form.size(); ++size)
    CHECK_NOTHROW(store.strategy.compare(form, {form.substr(0, size)}, store.terms));
  CHECK(store.strategy.compare(form, {std::string("\x02") + form.substr(1)}, store.terms).empty());
}

TEST_CASE("A store in which every record is equal joins nothing for one shared value") {
  const std::vector<Row> rows(200, Row{"Test Company", "", "0113 278 4521"});
  Store store("{}", records_of("client", kClient, rows));
  store.terms.total = rows.size();
  CHECK(store.pair(0, 199).verdict != Verdict::same);
}

TEST_CASE("Settings that do not fit are refused in words that help") {
  const auto refusal = [](const std::string& settings, const std::string& entity = "client") -> std::string {
    testkit::FakeHost host;
    try {
      testkit::DedupStrategy strategy = plugin().dedup("similar", settings, host);
      strategy.keys(records_of(entity, {"name"}, {{"Zymologic"}}));
    } catch (const sdk::Failure& failure) {
      CHECK(failure.outcome() == sdk::Outcome::invalid);
      return failure.what();
    }
    return {};
  };
  CHECK(refusal("{}").empty());
  CHECK(refusal(R"({"merge": 0.9, "review": 0.95})").find("review") != std::string::npos);
  CHECK(refusal(R"({"merge": 1})").find("merge") != std::string::npos);
  CHECK(refusal(R"({"fields": {}})").find("fields") != std::string::npos);
  CHECK(refusal(R"({"fields": {"name": "colour"}})").find("company") != std::string::npos);
  CHECK(refusal("{}", "spaceship").find("\"fields\"") != std::string::npos);
}
