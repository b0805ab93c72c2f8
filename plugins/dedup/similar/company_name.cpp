#include "company_name.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "normal_text.h"

namespace psabridge::similar {
namespace {

constexpr std::string_view kArticles[] = {"and", "at",   "by",  "das", "der", "des", "die", "du",
                                          "for", "fuer", "fur", "in",  "la",  "le",  "les", "los",
                                          "of",  "on",   "the", "und", "van", "von", "y"};

// Legal forms, in one way of writing.
constexpr std::pair<std::string_view, std::string_view> kLegal[] = {{"ab", "ab"},
                                                                    {"ag", "ag"},
                                                                    {"aps", "aps"},
                                                                    {"as", "as"},
                                                                    {"bv", "bv"},
                                                                    {"co", "co"},
                                                                    {"company", "co"},
                                                                    {"corp", "corp"},
                                                                    {"corporation", "corp"},
                                                                    {"bhd", "bhd"},
                                                                    {"clg", "clg"},
                                                                    {"dac", "dac"},
                                                                    {"lda", "ltda"},
                                                                    {"pl", "pty"},
                                                                    {"sdn", "sdn"},
                                                                    {"teo", "ltd"},
                                                                    {"teoranta", "ltd"},
                                                                    {"ev", "ev"},
                                                                    {"eurl", "eurl"},
                                                                    {"gbr", "gbr"},
                                                                    {"gmbh", "gmbh"},
                                                                    {"inc", "inc"},
                                                                    {"incorporated", "inc"},
                                                                    {"kft", "kft"},
                                                                    {"kg", "kg"},
                                                                    {"limited", "ltd"},
                                                                    {"llc", "llc"},
                                                                    {"llp", "llp"},
                                                                    {"lp", "lp"},
                                                                    {"ltd", "ltd"},
                                                                    {"ltda", "ltda"},
                                                                    {"mbh", "gmbh"},
                                                                    {"nv", "nv"},
                                                                    {"ohg", "ohg"},
                                                                    {"oy", "oy"},
                                                                    {"oyj", "oy"},
                                                                    {"plc", "plc"},
                                                                    {"pllc", "llc"},
                                                                    {"pte", "pte"},
                                                                    {"proprietary", "pty"},
                                                                    {"pty", "pty"},
                                                                    {"pvt", "pvt"},
                                                                    {"sa", "sa"},
                                                                    {"sarl", "sarl"},
                                                                    {"sas", "sas"},
                                                                    {"se", "se"},
                                                                    {"sl", "sl"},
                                                                    {"spa", "spa"},
                                                                    {"srl", "srl"},
                                                                    {"sro", "sro"},
                                                                    {"ug", "ug"},
                                                                    {"unlimited", "unltd"}};

constexpr std::string_view kGroup[] = {
    "estates",    "family",   "foundation", "franchise",  "franchising", "global",   "group",   "grp",
    "holding",    "holdings", "hldgs",      "investment", "investments", "nominees", "pension", "pensions",
    "properties", "property", "subsidiary", "trust",      "trustee",     "trustees", "ventures"};

// Words as they are abbreviated.
constexpr std::pair<std::string_view, std::string_view> kUnified[] = {
    {"assoc", "associates"},      {"assocs", "associates"},
    {"bro", "brothers"},          {"bros", "brothers"},
    {"centre", "center"},         {"ctr", "center"},
    {"dept", "department"},       {"engr", "engineering"},
    {"eng", "engineering"},       {"grp", "group"},
    {"hldgs", "holdings"},        {"holding", "holdings"},
    {"intl", "international"},    {"int", "international"},
    {"mfg", "manufacturing"},     {"mgmt", "management"},
    {"mgt", "management"},        {"natl", "national"},
    {"properties", "property"},   {"saint", "st"},
    {"serv", "services"},         {"service", "services"},
    {"soln", "solutions"},        {"solns", "solutions"},
    {"solution", "solutions"},    {"svc", "services"},
    {"svcs", "services"},         {"sys", "systems"},
    {"system", "systems"},        {"tech", "technologies"},
    {"techs", "technologies"},    {"technology", "technologies"},
    {"univ", "university"},       {"investment", "investments"},
    {"pensions", "pension"},      {"trustees", "trust"},
    {"trustee", "trust"},         {"consultants", "consulting"},
    {"consultancy", "consulting"}};

// Sorted.
constexpr std::string_view kCommon[] = {"academy",
                                        "accountants",
                                        "accounting",
                                        "agency",
                                        "architects",
                                        "associates",
                                        "auto",
                                        "bakery",
                                        "bank",
                                        "bar",
                                        "beauty",
                                        "brothers",
                                        "builders",
                                        "building",
                                        "business",
                                        "cafe",
                                        "capital",
                                        "care",
                                        "catering",
                                        "center",
                                        "chemicals",
                                        "church",
                                        "city",
                                        "cleaning",
                                        "clinic",
                                        "club",
                                        "college",
                                        "communications",
                                        "community",
                                        "computers",
                                        "computing",
                                        "construction",
                                        "consulting",
                                        "contractors",
                                        "council",
                                        "creative",
                                        "daughters",
                                        "dental",
                                        "design",
                                        "digital",
                                        "direct",
                                        "distribution",
                                        "education",
                                        "electric",
                                        "electrical",
                                        "electronics",
                                        "energy",
                                        "engineering",
                                        "enterprise",
                                        "enterprises",
                                        "environmental",
                                        "equipment",
                                        "events",
                                        "express",
                                        "farm",
                                        "farms",
                                        "finance",
                                        "financial",
                                        "fitness",
                                        "food",
                                        "foods",
                                        "furniture",
                                        "garage",
                                        "gardens",
                                        "general",
                                        "graphics",
                                        "green",
                                        "gym",
                                        "hair",
                                        "health",
                                        "healthcare",
                                        "heating",
                                        "high",
                                        "home",
                                        "homes",
                                        "hospital",
                                        "hotel",
                                        "house",
                                        "hr",
                                        "ict",
                                        "industrial",
                                        "industries",
                                        "inn",
                                        "insurance",
                                        "interiors",
                                        "international",
                                        "it",
                                        "joinery",
                                        "kitchen",
                                        "lab",
                                        "labs",
                                        "law",
                                        "lawyers",
                                        "legal",
                                        "leisure",
                                        "lettings",
                                        "logistics",
                                        "management",
                                        "manufacturing",
                                        "marine",
                                        "market",
                                        "marketing",
                                        "media",
                                        "medical",
                                        "metal",
                                        "motor",
                                        "motors",
                                        "museum",
                                        "music",
                                        "national",
                                        "network",
                                        "networks",
                                        "new",
                                        "north",
                                        "office",
                                        "online",
                                        "packaging",
                                        "parish",
                                        "park",
                                        "partners",
                                        "partnership",
                                        "pharma",
                                        "pharmacy",
                                        "photography",
                                        "plastics",
                                        "plumbing",
                                        "power",
                                        "practice",
                                        "primary",
                                        "print",
                                        "printing",
                                        "products",
                                        "professional",
                                        "project",
                                        "projects",
                                        "pub",
                                        "public",
                                        "publishing",
                                        "recruitment",
                                        "removals",
                                        "rentals",
                                        "research",
                                        "resources",
                                        "restaurant",
                                        "retail",
                                        "roofing",
                                        "royal",
                                        "salon",
                                        "school",
                                        "security",
                                        "services",
                                        "shop",
                                        "solicitors",
                                        "solutions",
                                        "sons",
                                        "south",
                                        "sports",
                                        "staffing",
                                        "steel",
                                        "store",
                                        "stores",
                                        "studio",
                                        "studios",
                                        "supplies",
                                        "supply",
                                        "surgery",
                                        "systems",
                                        "taxis",
                                        "technical",
                                        "technologies",
                                        "telecom",
                                        "theatre",
                                        "tools",
                                        "town",
                                        "trade",
                                        "trading",
                                        "training",
                                        "transport",
                                        "travel",
                                        "uk",
                                        "university",
                                        "usa",
                                        "vets",
                                        "veterinary",
                                        "village",
                                        "water",
                                        "web",
                                        "west",
                                        "wholesale",
                                        "world",
                                        "works"};

template <class Table>
bool among(const Table& table, std::string_view word) noexcept {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

template <class Table>
std::string_view translated(const Table& table, std::string_view word) noexcept {
  for (const auto& [from, to] : table)
    if (from == word) return to;
  return {};
}

bool has_digit(std::string_view word) noexcept { return std::any_of(word.begin(), word.end(), is_digit); }

void add(std::string& text, WordClass kind, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += static_cast<char>(kind);
  text += word;
}

void add_company_word(std::string& text, std::string_view word) {
  if (const std::string_view legal = translated(kLegal, word); !legal.empty())
    return add(text, WordClass::legal, legal);
  if (const std::string_view unified = translated(kUnified, word); !unified.empty()) word = unified;
  if (among(kGroup, word)) return add(text, WordClass::group, word);
  if (std::binary_search(std::begin(kCommon), std::end(kCommon), word))
    return add(text, WordClass::common, word);
  add(text, has_digit(word) ? WordClass::number : WordClass::name, word);
}

/// A name of legal forms and articles alone ("The Company AG") is one of plain words.
bool tells_nothing(std::string_view company) noexcept {
  return company.empty() ||
         (company[0] == 'l' && company.find(" n") == std::string_view::npos &&
          company.find(" c") == std::string_view::npos && company.find(" d") == std::string_view::npos &&
          company.find(" g") == std::string_view::npos);
}

constexpr std::size_t kLongestName = 320, kMostWords = 12;

}  // namespace

std::string normal_company(std::string_view raw) {
  const std::string folded = fold(raw, kLongestName);
  if (is_placeholder(folded)) return {};
  const std::vector<std::string> all = words(folded, kMostWords);
  std::string text;
  for (const std::string& word : all)
    if (!among(kArticles, word)) add_company_word(text, word);
  if (!tells_nothing(text)) return text;
  text.clear();
  for (const std::string& word : all) add(text, has_digit(word) ? WordClass::number : WordClass::name, word);
  return text;
}

std::string with_places(std::string_view company, std::string_view places) {
  if (places.empty()) return std::string(company);
  const std::vector<std::string> known = words(places, 12);
  std::string marked(company);
  bool named = false;  // a telling word stays
  for (std::size_t at = 0; at < marked.size();) {
    const std::size_t end = std::min(marked.find(' ', at), marked.size());
    if (marked[at] == static_cast<char>(WordClass::name)) {
      if (among(known, std::string_view(marked).substr(at + 1, end - at - 1)))
        marked[at] = static_cast<char>(WordClass::place);
      else
        named = true;
    }
    at = end + 1;
  }
  return named ? marked : std::string(company);
}

std::string without_legal_forms(std::string_view words) {
  std::string rest;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words[0] != static_cast<char>(WordClass::legal)) {
      if (!rest.empty()) rest += ' ';
      rest += words.substr(0, end);
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return rest;
}

std::string normal_text(std::string_view raw, std::size_t limit) {
  const std::string folded = fold(raw, 2048);
  if (is_placeholder(folded)) return {};
  std::string text;
  for (const std::string& word : words(folded, limit))
    add(text, has_digit(word) ? WordClass::number : WordClass::name, cut(word, 48));
  return text;
}

}  // namespace psabridge::similar
