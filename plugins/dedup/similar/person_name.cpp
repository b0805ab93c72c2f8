#include "person_name.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "normal_text.h"

namespace psabridge::similar {
namespace {

constexpr std::string_view kTitles[] = {"mr",        "mrs", "ms",   "miss", "mx",   "dr",   "prof",
                                        "professor", "sir", "dame", "rev",  "herr", "frau", "mme",
                                        "mlle",      "ing", "dipl", "mag",  "capt", "lord", "lady"};
constexpr std::string_view kParticles[] = {"van", "von",   "der", "den", "de",  "la", "le",
                                           "del", "della", "di",  "da",  "dos", "du", "ter",
                                           "ten", "zu",    "al",  "el",  "bin", "st"};
constexpr std::pair<std::string_view, std::string_view> kSuffixes[] = {
    {"jr", "jr"}, {"jnr", "jr"}, {"junior", "jr"}, {"sr", "sr"}, {"snr", "sr"}, {"senior", "sr"},
    {"ii", "2"},  {"iii", "3"},  {"iv", "4"},      {"2nd", "2"}, {"3rd", "3"}};

/// A whole form followed by its short and pet forms. A short form of several stands with each.
constexpr std::string_view kNicknames[][12] = {
    {"abigail", "abby", "abbie", "gail"},
    {"abraham", "abe"},
    {"adam", "ad"},
    {"agnieszka", "aga", "agnes"},
    {"aidan", "aiden"},
    {"alan", "al", "allan", "allen"},
    {"albert", "al", "bert", "bertie"},
    {"alexander", "alex", "al", "xander", "sandy", "sasha", "alec"},
    {"alexandra", "alex", "sandra", "lexi", "sasha", "alix"},
    {"alfred", "alf", "alfie", "fred"},
    {"alison", "ali", "allison", "ally"},
    {"amanda", "mandy"},
    {"andrea", "andie"},
    {"andrew", "andy", "drew"},
    {"angela", "angie"},
    {"ann", "anne", "anna", "annie"},
    {"anthony", "tony", "ant", "antony"},
    {"barry", "baz", "bazza"},
    {"antonio", "toni", "tonio"},
    {"arthur", "art", "artie"},
    {"barbara", "barb", "babs"},
    {"bartholomew", "bart"},
    {"beatrice", "bea", "trixie"},
    {"benjamin", "ben", "benny", "benji"},
    {"bernard", "bernie"},
    {"bradley", "brad"},
    {"brian", "bryan"},
    {"cameron", "cam"},
    {"carolyn", "carol", "caroline", "carrie", "lyn"},
    {"catherine", "cathy", "kate", "katie", "cath", "kathy", "katherine", "kathryn", "kath", "kat", "kitty",
     "cat"},
    {"charles", "charlie", "chuck", "chas"},
    {"charlotte", "charlie", "lottie"},
    {"christina", "chris", "tina", "christine", "chrissy", "kristina"},
    {"christopher", "chris", "topher", "kit"},
    {"clifford", "cliff"},
    {"constance", "connie"},
    {"cynthia", "cindy"},
    {"daniel", "dan", "danny"},
    {"danielle", "dani"},
    {"darren", "daz"},
    {"david", "dave", "davey", "davy"},
    {"deborah", "debbie", "deb", "debra"},
    {"dennis", "denny"},
    {"derek", "del", "derrick"},
    {"dominic", "dom"},
    {"donald", "don", "donnie"},
    {"dorothy", "dot", "dottie", "dolly"},
    {"douglas", "doug"},
    {"edmund", "ed", "ned"},
    {"edward", "ed", "eddie", "ted", "teddy", "ned", "eduard", "eddy"},
    {"edwin", "ed", "eddie"},
    {"eleanor", "ellie", "nell", "nora", "ella"},
    {"elizabeth", "liz", "beth", "lizzie", "betty", "eliza", "betsy", "elisabeth", "lisa", "libby", "liza",
     "elsie"},
    {"emily", "em", "emma"},
    {"eugene", "gene"},
    {"evelyn", "evie", "eve"},
    {"fiona", "fi", "fee"},
    {"florence", "flo", "florrie"},
    {"frances", "fran", "frankie"},
    {"francis", "frank", "fran", "franz"},
    {"franklin", "frank"},
    {"frederick", "fred", "freddie", "freddy", "fritz", "friedrich"},
    {"gabriel", "gabe"},
    {"gareth", "gaz"},
    {"gary", "gaz", "gazza"},
    {"geoffrey", "geoff", "jeff", "jeffrey"},
    {"gerald", "gerry", "jerry"},
    {"georgina", "georgie", "gina"},
    {"gillian", "gill", "jill"},
    {"gregory", "greg"},
    {"hannah", "hanna"},
    {"harold", "harry", "hal"},
    {"harriet", "hattie", "harry"},
    {"helen", "nell", "helena", "ellen"},
    {"henry", "harry", "hank", "hal", "heinrich", "heinz"},
    {"herbert", "bert", "herb"},
    {"isaac", "zac", "ike"},
    {"isabella", "bella", "izzy", "isabel", "isabelle"},
    {"jacob", "jake", "jakob"},
    {"jacqueline", "jackie", "jacqui"},
    {"james", "jim", "jimmy", "jamie", "jem"},
    {"janet", "jan"},
    {"jasmine", "jas", "jaz"},
    {"jennifer", "jen", "jenny", "jenn", "jennie"},
    {"jeremy", "jerry", "jez"},
    {"jessica", "jess", "jessie"},
    {"joanne", "jo", "joanna", "joan"},
    {"johannes", "hans", "johann"},
    {"john", "jack", "johnny", "jon", "johnnie", "jonny"},
    {"jonathan", "jon", "jonny", "johnathan", "jonathon"},
    {"joseph", "joe", "joey", "jo", "josef", "sepp"},
    {"josephine", "jo", "josie"},
    {"karen", "kaz"},
    {"katharina", "kathi", "kati", "kathrin"},
    {"joshua", "josh"},
    {"judith", "judy", "jude"},
    {"julia", "julie", "jules"},
    {"katrina", "kat", "trina", "kate"},
    {"kenneth", "ken", "kenny"},
    {"kimberly", "kim", "kimberley"},
    {"lauren", "loz", "laurie"},
    {"lawrence", "larry", "laurie", "laurence", "loz"},
    {"leonard", "len", "lenny", "leo"},
    {"lillian", "lily", "lil", "lilly"},
    {"louis", "lou", "louie", "lewis"},
    {"louise", "lou", "louisa"},
    {"lucas", "luke", "luca"},
    {"lucy", "lu", "lulu", "lucia"},
    {"magdalena", "magda", "lena"},
    {"madeleine", "maddy", "maddie", "madeline", "madison"},
    {"margaret", "maggie", "meg", "peggy", "marge", "margie", "peg", "rita", "greta", "madge", "mags"},
    {"maria", "marie", "mary", "maryann"},
    {"mary", "molly", "polly", "mae", "maria"},
    {"martin", "marty"},
    {"martha", "mattie"},
    {"matthew", "matt", "matty", "mathew", "mat"},
    {"matilda", "tilly", "mattie"},
    {"maximilian", "max"},
    {"megan", "meg", "meghan"},
    {"melanie", "mel"},
    {"melissa", "mel", "missy"},
    {"michael", "mike", "mick", "micky", "mikey", "mickey", "micheal", "mitch"},
    {"michelle", "shelly", "chelle"},
    {"mitchell", "mitch"},
    {"mohammed", "mo", "mohamed", "muhammad", "mohammad", "mohamad"},
    {"nancy", "nan"},
    {"natalie", "nat", "nattie"},
    {"natasha", "tash", "tasha"},
    {"nathaniel", "nathan", "nate", "nat"},
    {"nicholas", "nick", "nicky", "nico", "nicolas", "klaus"},
    {"nicola", "nicky", "nikki", "nic", "nicole"},
    {"oliver", "ollie", "olly"},
    {"olivia", "liv", "livvy", "ollie"},
    {"pamela", "pam"},
    {"patricia", "pat", "trish", "patty", "tricia", "patsy"},
    {"patrick", "pat", "paddy", "rick"},
    {"penelope", "penny"},
    {"peter", "pete", "pietro"},
    {"philip", "phil", "phillip", "pip"},
    {"rachel", "rach", "rachael"},
    {"raymond", "ray"},
    {"rebecca", "becky", "becca", "bec", "beck"},
    {"reginald", "reg", "reggie"},
    {"richard", "rick", "dick", "rich", "ricky", "richie", "ritchie"},
    {"robert", "bob", "rob", "bobby", "robbie", "bert", "robin"},
    {"roberta", "bobbie", "robbie"},
    {"rodney", "rod"},
    {"roger", "rodge"},
    {"ronald", "ron", "ronnie"},
    {"russell", "russ"},
    {"samantha", "sam", "sammy"},
    {"samuel", "sam", "sammy"},
    {"sarah", "sara", "sally", "sadie"},
    {"sebastian", "seb", "basti"},
    {"sharon", "shaz"},
    {"simon", "si"},
    {"sophia", "sophie", "sofia", "sofie"},
    {"stanley", "stan"},
    {"stephanie", "steph", "stefanie", "steffi"},
    {"steven", "steve", "stephen", "stevie", "stefan", "ste"},
    {"stuart", "stu", "stewart"},
    {"susan", "sue", "susie", "suzanne", "suzie", "susanna"},
    {"terence", "terry", "terrence"},
    {"theresa", "terry", "tess", "teresa", "tessa"},
    {"theodore", "ted", "teddy", "theo"},
    {"thomas", "tom", "tommy"},
    {"timothy", "tim", "timmy"},
    {"tobias", "toby"},
    {"valerie", "val"},
    {"veronica", "vera", "ronnie"},
    {"victor", "vic"},
    {"victoria", "vicky", "tori", "vicki", "vic", "vikki"},
    {"vincent", "vince", "vinnie"},
    {"virginia", "ginny", "ginger"},
    {"walter", "walt", "wally"},
    {"wilhelm", "willi", "willy"},
    {"william", "bill", "will", "billy", "willie", "willy"},
    {"winifred", "winnie", "freda"},
    {"yvonne", "evie"},
    {"zachary", "zach", "zac", "zack"}};

struct Nickname {
  std::string_view name, whole;
};

/// Every form with each of its whole forms, sorted.
const std::vector<Nickname>& nicknames() {
  static const std::vector<Nickname> kSorted = [] {
    std::vector<Nickname> all;
    for (const auto& row : kNicknames)
      for (const std::string_view name : row)
        if (!name.empty()) all.push_back({name, row[0]});
    std::sort(all.begin(), all.end(), [](const Nickname& a, const Nickname& b) {
      return std::pair(a.name, a.whole) < std::pair(b.name, b.whole);
    });
    return all;
  }();
  return kSorted;
}

auto wholes_of(std::string_view name) noexcept {
  return std::equal_range(nicknames().begin(), nicknames().end(), Nickname{name, {}},
                          [](const Nickname& a, const Nickname& b) { return a.name < b.name; });
}

template <class Table>
bool among(const Table& table, std::string_view word) noexcept {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

std::string_view suffix_of(std::string_view word) noexcept {
  for (const auto& [written, suffix] : kSuffixes)
    if (written == word) return suffix;
  return {};
}

/// Takes titles and suffixes out of the words; gives the suffix.
std::string take_suffix(std::vector<std::string>& words) {
  std::string suffix;
  while (words.size() > 1 && among(kTitles, words.front())) words.erase(words.begin());
  while (words.size() > 1 && !suffix_of(words.back()).empty()) {
    suffix = suffix_of(words.back());
    words.pop_back();
  }
  return suffix;
}

std::string between(const std::vector<std::string>& words, std::size_t first, std::size_t last) {
  return joined({words.begin() + static_cast<std::ptrdiff_t>(first),
                 words.begin() + static_cast<std::ptrdiff_t>(last)});
}

/// Where the surname begins: the last word with the particles before it.
std::size_t surname_at(const std::vector<std::string>& words) {
  std::size_t at = words.size() - 1;
  while (at > 1 && among(kParticles, words[at - 1])) --at;
  return at;
}

constexpr std::size_t kLongestName = 160, kMostWords = 8;

}  // namespace

std::string_view first_word(std::string_view words) noexcept { return words.substr(0, words.find(' ')); }

PersonName person_name(std::string_view given, std::string_view surname) {
  const std::string folded_given = fold(given, kLongestName), folded_surname = fold(surname, kLongestName);
  std::vector<std::string> first, last;
  if (!is_placeholder(folded_given)) first = words(folded_given, kMostWords);
  if (!is_placeholder(folded_surname)) last = words(folded_surname, kMostWords);
  PersonName name;
  name.suffix = take_suffix(last);
  const std::string of_given = take_suffix(first);
  if (name.suffix.empty()) name.suffix = of_given;
  name.given = joined(first), name.surname = joined(last);
  return name;
}

PersonName person_name(std::string_view whole) {
  const std::string folded = fold(whole, kLongestName);
  if (is_placeholder(folded)) return {};
  if (const std::size_t comma = folded.find(','); comma != std::string::npos) {
    const std::string_view before = std::string_view(folded).substr(0, comma);
    const std::string_view after = std::string_view(folded).substr(comma + 1);
    const std::vector<std::string> rest = words(after, 2);
    if (!rest.empty() && (rest.size() > 1 || suffix_of(rest[0]).empty())) return person_name(after, before);
  }
  std::vector<std::string> all = words(folded, kMostWords);
  PersonName name;
  name.suffix = take_suffix(all);
  if (all.empty()) return name;
  const std::size_t surname = all.size() == 1 ? 1 : surname_at(all);
  name.given = between(all, 0, surname), name.surname = between(all, surname, all.size());
  return name;
}

PersonName completed(PersonName parts, const PersonName& whole) {
  if (parts.empty()) return whole;
  if (parts.suffix.empty()) parts.suffix = whole.suffix;
  if (!parts.given.empty() && !parts.surname.empty()) return parts;
  std::vector<std::string> rest = words(whole.given + ' ' + whole.surname, kMostWords);
  const std::size_t all = rest.size();
  for (const std::string& known : words(parts.given + ' ' + parts.surname, kMostWords))
    std::erase(rest, known);
  if (rest.size() < all) (parts.given.empty() ? parts.given : parts.surname) = joined(rest);
  return parts;
}

bool are_nicknames(std::string_view a, std::string_view b) noexcept {
  const auto [a_first, a_last] = wholes_of(a);
  const auto [b_first, b_last] = wholes_of(b);
  for (auto left = a_first; left != a_last; ++left)
    for (auto right = b_first; right != b_last; ++right)
      if (left->whole == right->whole) return true;
  return false;
}

std::string_view whole_name(std::string_view given) noexcept {
  const auto [first, last] = wholes_of(given);
  for (auto name = first; name != last; ++name)
    if (name->whole == given) return given;
  return first == last ? given : first->whole;
}

std::string sound_of(std::string_view surname) {
  static constexpr std::string_view kClass = "01230120022455012623010202";  // of a to z; 0 vowels and h, w, y
  const std::string letters = squeezed(surname);
  if (letters.empty() || letters[0] < 'a' || letters[0] > 'z') return std::string(cut(letters, 6));
  std::string sound(1, letters[0]);
  char last = kClass[static_cast<std::size_t>(letters[0] - 'a')];
  for (const char c : letters.substr(1)) {
    if (c < 'a' || c > 'z') continue;
    const char sounds = kClass[static_cast<std::size_t>(c - 'a')];
    if (sounds != '0' && sounds != last) sound += sounds;
    if (c != 'h' && c != 'w') last = sounds;
    if (sound.size() == 4) break;
  }
  return sound;
}

}  // namespace psabridge::similar
