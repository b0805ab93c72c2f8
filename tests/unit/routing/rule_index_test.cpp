#include "core/routing/rule_index.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "core/routing/literal_finder.h"
#include "core/routing/reachability.h"
#include "tests/unit/routing/tickets.h"

namespace psabridge::routing {
namespace {

/// Makes rules and tickets of few words, so that they meet often.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string word() {
    static const std::vector<std::string> kWords{"vpn",    "Printer", "MAIL", "\u00c4rger", "disk",
                                                 "kelvin", "a",       "b.c",  "net*"};
    return kWords[below(kWords.size())];
  }
  std::string words() {
    std::string text = word();
    for (std::size_t i = below(4); i > 0; --i) text += " " + word();
    // The Kelvin sign and the long s, which (?i) takes for k and s.
    return below(8) == 0 ? text + " dis\u212a di\u017fk" : text;
  }
  std::string number() { return std::to_string(below(6)); }
  std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  std::string list(const std::function<std::string()>& item) {
    std::string text = "[" + item();
    for (std::size_t i = below(4); i > 0; --i) text += ", " + item();
    return text + "]";
  }
  std::string pattern() {
    static const std::vector<std::string> kPatterns{"vpn",        "(?i)DISK",
                                                    "^mail",      "(?i)(printer|net).*vpn",
                                                    "\u00e4rger", "(?i)\u00c4RGER",
                                                    "b.c$",       "[a-z]{5}",
                                                    "",           "x?",
                                                    "MAIL|disk"};
    const std::string pattern = kPatterns[below(kPatterns.size())];
    return quoted(pattern.empty() ? "." : pattern);
  }
  std::string glob() {
    static const std::vector<std::string> kGlobs{"*vpn*", "mail*", "*", "?*", "*disk", "a", "*r*p*"};
    return quoted(kGlobs[below(kGlobs.size())]);
  }

  /// One member of a mapping.
  std::string member(std::size_t depth) {
    static const std::vector<std::string> kTexts{"summary",  "client", "client.name",
                                                 "custom.x", "tags",   "details"};
    const std::string text = kTexts[below(kTexts.size())];
    const auto text_word = [&] { return quoted(word()); };
    switch (below(depth == 0 ? 13 : 9)) {
      case 0:
        return "client: " + list([&] { return number(); });
      case 1:
        return "priority: " + number();
      case 2:
        return text + ": " + list(text_word);
      case 3:
        return text + ": {contains: " + list(text_word) + "}";
      case 4:
        return text + ": {starts_with: " + text_word() + "}";
      case 5:
        return text + ": {matches: " + list([&] { return pattern(); }) + "}";
      case 6:
        return text + ": {glob: " + list([&] { return glob(); }) + "}";
      case 7:
        return "child_count: {at_least: " + number() + "}";
      case 8:
        return below(2) ? "closed: true" : "closed: false";
      case 9:
        return text + ": {not: {ends_with: " + text_word() + "}}";
      case 10:
        return "not: " + mapping(depth + 1);
      case 11:
        return "any: " + list([&] { return mapping(depth + 1); });
      default:
        return "all: " + list([&] { return mapping(depth + 1); });
    }
  }
  std::string mapping(std::size_t depth = 0) {
    std::vector<std::string> members;
    std::vector<std::string> keys;
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      const std::string one = member(depth);
      const std::string key = one.substr(0, one.find(':'));
      if (std::ranges::find(keys, key) != keys.end()) continue;
      keys.push_back(key);
      members.push_back(one);
    }
    std::string text;
    for (const std::string& one : members) text += (text.empty() ? "{" : ", ") + one;
    return text + "}";
  }
  boost::json::object ticket() {
    boost::json::object fields{{"summary", words()}, {"closed", below(2) == 0}};
    if (below(3)) fields["client_id"] = number();
    if (below(3)) fields["client_name"] = word();
    if (below(3)) fields["priority_id"] = number();
    if (below(3)) fields["child_count"] = below(6);
    if (below(3)) fields["tags"] = {word(), words()};
    if (below(3)) fields["custom"] = {{"x", words()}};
    if (below(5) == 0) fields["details"] = words();
    return fields;
  }

 private:
  std::mt19937_64 random_;
};

TEST_CASE("the index gives what asking every rule gives, in order") {
  std::size_t held = 0, unreached = 0;  // so that the comparison is about something
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Chance chance(seed);
    Vocabulary vocabulary(kSchemas);
    Stored stored;
    for (int i = 0; i < 4; ++i) stored.add(kClient, std::to_string(i), {{"name", chance.words()}});
    std::vector<std::string> texts;
    std::vector<Condition> rules;
    for (std::size_t i = 0; i < 60; ++i) {
      texts.push_back(chance.mapping());
      rules.push_back(compiled(texts.back(), vocabulary));
    }
    rules.insert(rules.begin() + static_cast<std::ptrdiff_t>(chance.below(rules.size())), Condition());
    Records records;
    std::vector<Record> tickets;
    for (int i = 0; i < 60; ++i) tickets.push_back(records.make(kTicket, std::to_string(i), chance.ticket()));

    const RuleIndex index(rules);
    const Facts facts(vocabulary, tickets, stored, kDecision);
    for (std::size_t ticket = 0; ticket < tickets.size(); ++ticket) {
      std::vector<std::size_t> scanned, found;
      for (std::size_t rule = 0; rule < rules.size(); ++rule)
        if (rules[rule].holds(facts, ticket)) scanned.push_back(rule);
      RuleIndex::Matches matches = index.matches(facts, ticket);
      while (const auto rule = matches.next()) found.push_back(*rule);
      CAPTURE(seed, ticket);
      REQUIRE(found == scanned);
      held += found.size();
      CHECK_FALSE(matches.next());
    }

    const std::vector<bool> decide(rules.size(), true);
    for (const auto& [rule, earlier] : unreachable(rules, decide, vocabulary)) {
      REQUIRE(earlier < rule);
      ++unreached;
      for (std::size_t ticket = 0; ticket < tickets.size(); ++ticket) {
        CAPTURE(seed, ticket, rule, earlier);
        CHECK((!rules[rule].holds(facts, ticket) || rules[earlier].holds(facts, ticket)));
      }
    }
  }
  CHECK(held > 10'000);
  CHECK(unreached > 100);
}

TEST_CASE("an index of nothing gives nothing") {
  Vocabulary vocabulary(kSchemas);
  Records records;
  const std::vector<Record> tickets{records.make(kTicket, "1", {})};
  const Stored stored;
  const Facts facts(vocabulary, tickets, stored, kDecision);
  CHECK_FALSE(RuleIndex({}).matches(facts, 0).next());
}

TEST_CASE("a ticket is only looked at as far as the first rules need it") {
  Vocabulary vocabulary(kSchemas);
  std::vector<Condition> rules{compiled("{closed: true}", vocabulary),
                               compiled("{client.name: Acme}", vocabulary),
                               compiled("{client.name: {contains: acme}, priority: 1}", vocabulary)};
  Records records;
  Stored stored;
  stored.add(kClient, "1", {{"name", "Acme"}});
  const std::vector<Record> tickets{records.make(kTicket, "1", {{"client_id", "1"}, {"closed", true}})};
  const Facts facts(vocabulary, tickets, stored, kDecision);
  const RuleIndex index(rules);
  RuleIndex::Matches matches = index.matches(facts, 0);
  CHECK(matches.next() == 0);
  CHECK(stored.asked("client") == 0);
  CHECK(matches.next() == 1);
  CHECK(stored.asked("client") == 1);
}

TEST_CASE("literals are found as by looking for each") {
  std::mt19937_64 random(7);
  const auto word = [&](std::size_t most) {
    std::string text;
    for (std::size_t i = 1 + random() % most; i > 0; --i) text += static_cast<char>("ab\0\xc3"[random() % 4]);
    return text;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> literals;
    for (int i = 0; i < 12; ++i) literals.push_back(word(4));
    std::ranges::sort(literals);
    literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
    const LiteralFinder finder(literals);
    LiteralFinder::Found found = finder.nothing();
    const std::string text = word(10), other = word(10);
    finder.find(text, found);
    finder.find(other, found);
    std::size_t count = 0;
    for (std::size_t i = 0; i < literals.size(); ++i) {
      const bool there = text.find(literals[i]) != text.npos || other.find(literals[i]) != other.npos;
      CHECK(found.is_found[i] == there);
      count += there;
    }
    CHECK(found.literals.size() == count);
  }
}

}  // namespace
}  // namespace psabridge::routing
