#include "agreement.h"

#include <algorithm>
#include <charconv>

#include "contact_points.h"
#include "dates.h"
#include "dedup/common/maker.h"
#include "normal_text.h"
#include "person_name.h"
#include "places.h"

namespace psabridge::similar {
namespace {

constexpr Weight kRoleMailboxMost = bits(7);       // whoever has it shares it
constexpr Weight kColleagues = bits(-5);           // two mailboxes of one organisation
constexpr Weight kNumberedMailbox = bits(-8);      // jane.doe@ and jane.doe2@: one was taken
constexpr Weight kNeighbourMost = bits(8);         // jhall@ and jhill@: a slip, or two people
constexpr Weight kSameMailboxElsewhere = bits(2);  // jane.doe@ in two domains
constexpr Weight kSameBlock = bits(2);             // numbers are given out in rows: neighbours have them
constexpr Weight kSeveralMore = bits(4);           // second and further slips in a number
constexpr Weight kYearOnly = bits(-1);
constexpr Weight kTwoDigits = bits(-1.5);
constexpr Weight kNearly = bits(-1.5), kMaybePetForm = bits(-3);
constexpr Weight kNickname = bits(1.5), kOtherGivenName = bits(3), kDoubleName = bits(3),
                 kExchanged = bits(2);

/// Calls `take(word)` for each word of a text with single spaces.
template <class Take>
void each_word(std::string_view text, Take&& take) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    take(text.substr(at, end - at));
    at = end + 1;
  }
}

bool has_word(std::string_view text, std::string_view word) {
  bool found = false;
  each_word(text, [&](std::string_view other) { found = found || other == word; });
  return found;
}

struct Overlap {
  std::size_t words = 0, shared = 0;  // words of both texts together; those with a partner, twice
  std::size_t numbers = 0, shared_numbers = 0;
  bool numbers_in_both = false;
};

Overlap overlap_of(std::string_view a, std::string_view b) {
  Overlap all;
  bool in_a = false, in_b = false;
  const auto count = [&](std::string_view text, std::string_view other, bool& has_number) {
    each_word(text, [&](std::string_view word) {
      const bool number = std::any_of(word.begin(), word.end(), is_digit), shared = has_word(other, word);
      (number ? all.numbers : all.words) += 1;
      (number ? all.shared_numbers : all.shared) += shared ? 1 : 0;
      has_number = has_number || number;
    });
  };
  count(a, b, in_a), count(b, a, in_b);
  all.numbers_in_both = in_a && in_b;
  return all;
}

/// Equal without spaces.
bool same_letters(std::string_view a, std::string_view b) {
  const auto next = [](std::string_view text, std::size_t& at) {
    while (at < text.size() && text[at] == ' ') ++at;
    return at < text.size() ? text[at++] : '\0';
  };
  std::size_t i = 0, j = 0;
  for (;;) {
    const char left = next(a, i), right = next(b, j);
    if (left != right) return false;
    if (left == '\0') return true;
  }
}

std::string without_digits(std::string_view text) {
  std::string rest(text);
  std::erase_if(rest, is_digit);
  return rest;
}

bool several_words(std::string_view text) { return text.find(' ') != std::string_view::npos; }

/// Numbers of one length that differ in the last two digits only.
bool in_one_block(std::string_view a, std::string_view b) {
  constexpr std::size_t kExtension = 2;
  return a.size() == b.size() && a.substr(0, a.size() - kExtension) == b.substr(0, b.size() - kExtension);
}

bool same_digits(std::string_view a, std::string_view b) { return digits_of(a) == digits_of(b); }

}  // namespace

ProbeValue::ProbeValue(std::string_view value, Kind kind, const Counting& counting)
    : value_(value),
      kind_(kind),
      model_(model_of(kind)),
      counting_(&counting),
      typed_(value),
      local_(local_part(value)),
      domain_(domain_of(value)) {
  if (has_words(kind)) words_.emplace(value, kind, counting);
}

Weight ProbeValue::exact() const {
  if (!exact_) {
    exact_ = counting_->agreement(kWhole, value_, model_);
    if (kind_ == Kind::email && is_role_mailbox(value_)) exact_ = std::min(*exact_, kRoleMailboxMost);
  }
  return *exact_;
}

Weight ProbeValue::exact_of(std::string_view other) const {
  return std::min(exact(), counting_->agreement(kWhole, other, model_));
}

Weight ProbeValue::most() const {
  return words_ ? words_->against(value_).weight : std::max(exact(), model_.partly);
}

Finding ProbeValue::found(Level level, Weight weight, std::string_view other) const {
  Finding finding;
  finding.level = level, finding.weight = weight;
  finding.mine = value_, finding.theirs = other;
  return finding;
}

Finding ProbeValue::alike(std::string_view other, unsigned errors) const {
  const Weight weight = exact_of(other) - model_.per_slip * static_cast<Weight>(errors);
  return found(Level::alike, std::max(weight, model_.differ), other);
}

Finding ProbeValue::differ(std::string_view other) const {
  return found(Level::differ, model_.differ, other);
}

Finding ProbeValue::against(std::string_view other) const {
  if (words_) return by_words(other);
  if (other == value_) return found(Level::equal, exact(), other);
  switch (kind_) {
    case Kind::unique_id: {
      Finding finding = differ(other);
      finding.veto = std::min(value_.size(), other.size()) >= 5;
      return finding;
    }
    case Kind::identifier:
    case Kind::device_name:
      return identifiers(other);
    case Kind::email:
      return emails(other);
    case Kind::phone:
      return phones(other);
    case Kind::date:
      return dates(other);
    case Kind::postcode:
      return postcodes(other);
    case Kind::house_number:
      return house_numbers(other);
    case Kind::street:
    case Kind::town:
    case Kind::category:
      return phrases(other);
    case Kind::maker:
      return makers(other);
    case Kind::amount:
      return amounts(other);
    default:
      return differ(other);
  }
}

Finding ProbeValue::by_words(std::string_view other) const {
  const WordEvidence words = words_->against(other);
  const Level level = other == value_          ? Level::equal
                      : words.weight > bits(6) ? Level::alike
                      : words.weight > 0       ? Level::partly
                                               : Level::differ;
  Finding finding = found(level, words.weight, other);
  if (kind_ == Kind::company) finding.other_name = words.other_name, finding.other_place = words.other_place;
  finding.elsewhere =
      kind_ == Kind::belongs_to && (level == Level::differ || words.other_member || words.each_lacks);
  if (kind_ == Kind::company || kind_ == Kind::text)
    finding.other_member = words.other_member, finding.whole = words.whole;
  // A single word may be the manufacturer's code for the very model.
  finding.other_make =
      kind_ == Kind::text && words.other_words && several_words(value_) && several_words(other);
  return finding;
}

Finding ProbeValue::identifiers(std::string_view other) const {
  const std::size_t shorter = std::min(value_.size(), other.size());
  if (shorter < 6) return differ(other);
  // PC-195 and PC-196 are two of a row; numbers without letters may be mistyped.
  const bool in_a_row =
      (digits_of(value_).size() < value_.size() || digits_of(other).size() < other.size()) &&
      !same_digits(value_, other);
  if (in_a_row) return differ(other);
  const unsigned allowed = shorter < 9 ? 1 : 2, errors = typed_.errors(other, 2);
  if (errors > 2) return differ(other);
  const Weight first = model_.per_slip + bits(4), more = errors > 1 ? kSeveralMore : 0;
  return errors > allowed ? found(Level::partly, bits(2), other)
                          : found(Level::alike, exact_of(other) - first - more, other);
}

Finding ProbeValue::emails(std::string_view other) const {
  const std::string_view mine = local_part(value_), theirs = local_part(other);
  const std::string_view my_domain = domain_of(value_), their_domain = domain_of(other);
  const auto domain_errors_allowed =
      static_cast<unsigned>(std::min(my_domain.size(), their_domain.size()) / 5);
  const unsigned domain_errors = domain_.errors(their_domain, domain_errors_allowed);
  const bool at_home = domain_errors <= domain_errors_allowed;
  const bool same_mailbox = mine == theirs && mine.size() > 4 && !is_role_mailbox(value_);
  if (same_mailbox && !at_home) return found(Level::partly, kSameMailboxElsewhere, other);
  // Another first letter is another person of that surname; another digit another account.
  const bool may_slip =
      mine[0] == theirs[0] && same_digits(mine, theirs) && std::min(mine.size(), theirs.size()) > 4;
  if (at_home && (mine == theirs || may_slip)) {
    const unsigned errors = local_.errors(theirs, 2);
    if (errors == 0) return alike(other, domain_errors);
    if (errors == 1) {
      Finding finding = alike(other, errors + domain_errors);
      finding.weight = std::min(finding.weight, kNeighbourMost);
      return finding;
    }
    if (errors == 2) return found(Level::partly, model_.partly, other);
  }
  if (my_domain != their_domain || is_public_domain(my_domain)) return differ(other);
  const bool numbered = without_digits(mine) == without_digits(theirs);
  Finding finding = found(Level::differ, numbered ? kNumberedMailbox : kColleagues, other);
  finding.other_member = numbered;
  return finding;
}

Finding ProbeValue::phones(std::string_view other) const {
  const auto [shorter, longer] =
      value_.size() < other.size() ? std::pair(value_, other) : std::pair(other, value_);
  if (shorter.size() < longer.size() && longer.ends_with(shorter))
    return alike(other, shorter.size() > 6 ? 0 : 1);
  if (shorter.size() == longer.size() && shorter.size() > 7) {
    if (in_one_block(value_, other)) return found(Level::partly, kSameBlock, other);
    if (typed_.errors(other, 1) == 1) return alike(other, 1);
    if (longer.ends_with(shorter.substr(2))) return alike(other, 1);
  }
  return differ(other);
}

Finding ProbeValue::dates(std::string_view other) const {
  switch (relate_dates(value_, other)) {
    case DateRelation::slip:
      return alike(other, 1);
    case DateRelation::two_parts:
      return found(Level::partly, model_.partly, other);
    case DateRelation::two_digits:
      return found(Level::partly, kTwoDigits, other);
    case DateRelation::year:
      return found(Level::partly, kYearOnly, other);
    default:
      return differ(other);
  }
}

Finding ProbeValue::postcodes(std::string_view other) const {
  if (value_.size() == other.size() && value_.size() > 3 && typed_.errors(other, 1) == 1)
    return alike(other, 1);
  return postcode_area(value_) == postcode_area(other) ? found(Level::partly, model_.partly, other)
                                                       : differ(other);
}

Finding ProbeValue::house_numbers(std::string_view other) const {
  bool shared = false, same = digits_of(value_) == digits_of(other);
  each_word(value_, [&](std::string_view word) { shared = shared || has_word(other, word); });
  if (shared || same) return found(Level::partly, model_.partly, other);
  if (std::min(value_.size(), other.size()) > 1 && typed_.errors(other, 1) == 1)
    return found(Level::alike, 0, other);
  return differ(other);
}

/// Towns, streets, categories: a few words.
Finding ProbeValue::phrases(std::string_view other) const {
  if (same_letters(value_, other)) return alike(other, 0);
  const Overlap all = overlap_of(value_, other);
  const bool same_numbers = all.numbers == all.shared_numbers;
  if (same_numbers)
    if (const unsigned errors = slips(typed_, other); errors != kNotClose) return alike(other, errors);
  if (all.numbers_in_both && all.shared_numbers == 0) return differ(other);
  const bool half = all.shared * 2 >= all.words && all.shared > 0;
  return half ? found(Level::partly, model_.partly, other) : differ(other);
}

Finding ProbeValue::makers(std::string_view other) const {
  if (!dedup::makers_differ(value_, other)) return alike(other, 0);
  Finding finding = differ(other);
  finding.other_make = true;
  return finding;
}

Finding ProbeValue::amounts(std::string_view other) const {
  const auto number = [](std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  const auto [less, more] = std::minmax({number(value_), number(other)});
  return (more - less) * 10 <= more ? found(Level::partly, model_.partly, other) : differ(other);
}

// --- people ---

namespace {

Finding finding_of(Level level, Weight weight, std::string_view mine, std::string_view theirs) {
  Finding finding;
  finding.level = level, finding.weight = weight, finding.mine = mine, finding.theirs = theirs;
  return finding;
}

/// Too far apart for a slip, too close to be surely two names.
bool nearly(const Typed& a, std::string_view b) {
  const std::size_t shorter = std::min(a.text().size(), b.size());
  if (shorter < 4) return false;
  const unsigned most = shorter < 6 ? 2 : 3;
  return a.errors(b, most) <= most;
}

/// "Kathi" and "Katharina", "Fi" and "Fiona": a short name and a long one that begin alike.
bool may_be_pet_form(std::string_view a, std::string_view b) noexcept {
  const auto [shorter, longer] = std::minmax({a.size(), b.size()});
  return shorter > 1 && shorter < 6 && longer > shorter && longer > 4 && a.substr(0, 2) == b.substr(0, 2);
}

bool is_initial(std::string_view name) noexcept { return name.size() == 1; }

}  // namespace

ProbePerson::ProbePerson(std::string_view value, const Counting& counting)
    : parts_(person_parts(value)),
      counting_(&counting),
      given_(first_word(parts_.given)),
      surname_(parts_.surname) {}

Weight ProbePerson::most() const { return kGivenName.most + kSurname.most; }

/// The weight of two alike values: that of the more common one.
Weight ProbePerson::common(std::string_view a, std::string_view b, char part, const KindModel& model) const {
  std::optional<Weight>& mine = part == kGivenPart ? given_exact_ : surname_exact_;
  if (!mine) mine = counting_->agreement(part, a, model);
  return a == b ? *mine : std::min(*mine, counting_->agreement(part, b, model));
}

/// Names that many have are no typing errors of each other.
bool ProbePerson::both_established(std::string_view a, std::string_view b, char part) const {
  constexpr std::uint64_t kMany = 8;
  return counting_->count(part, a) >= kMany && counting_->count(part, b) >= kMany;
}

Finding ProbePerson::given_names(std::string_view other, bool& other_person) const {
  const std::string_view mine = given_.text(), theirs = first_word(other);
  if (mine.empty() || theirs.empty()) return {};
  const auto found = [&](Level level, Weight weight) {
    return finding_of(level, std::max(weight, kGivenName.differ), parts_.given, other);
  };
  const auto shared = [&] { return common(mine, theirs, kGivenPart, kGivenName); };
  if (mine == theirs) return found(Level::equal, is_initial(mine) ? kGivenName.partly : shared());
  if (is_initial(mine) || is_initial(theirs)) {
    if (mine[0] == theirs[0]) return found(Level::partly, kGivenName.partly);
    other_person = true;
    return found(Level::differ, kGivenName.differ);
  }
  if (are_nicknames(mine, theirs)) return found(Level::alike, shared() - kNickname);
  if (same_letters(parts_.given, other)) return found(Level::alike, shared());
  const unsigned errors = slips(given_, theirs);
  if (errors != kNotClose && !both_established(mine, theirs, kGivenPart))
    return found(Level::alike,
                 std::max(shared() - kGivenName.per_slip * static_cast<Weight>(errors), Weight{0}));
  const std::size_t shorter = std::min(mine.size(), theirs.size());
  if (shorter >= 3 && (mine.starts_with(theirs) || theirs.starts_with(mine)))
    return found(Level::alike, std::max(shared() - kOtherGivenName, kGivenName.partly));
  if (has_word(parts_.given, theirs) || has_word(other, mine)) return found(Level::partly, kGivenName.partly);
  if (may_be_pet_form(mine, theirs)) return found(Level::differ, kMaybePetForm);
  other_person = true;
  return found(Level::differ, nearly(given_, theirs) ? kNearly : kGivenName.differ);
}

Finding ProbePerson::surnames(std::string_view other) const {
  const std::string_view mine = parts_.surname;
  if (mine.empty() || other.empty()) return {};
  const auto found = [&](Level level, Weight weight) {
    return finding_of(level, std::max(weight, kSurname.differ), mine, other);
  };
  const auto shared = [&] { return common(mine, other, kSurnamePart, kSurname); };
  if (mine == other) return found(Level::equal, shared());
  if (is_initial(mine) || is_initial(other))
    return mine[0] == other[0] ? found(Level::partly, kSurname.partly)
                               : found(Level::differ, kSurname.differ);
  if (same_letters(mine, other)) return found(Level::alike, shared());
  const unsigned errors = slips(surname_, other);
  if (errors != kNotClose && !both_established(mine, other, kSurnamePart))
    return found(Level::alike,
                 std::max(shared() - kSurname.per_slip * static_cast<Weight>(errors), Weight{0}));
  bool word = false;
  each_word(mine, [&](std::string_view part) { word = word || (part.size() > 3 && has_word(other, part)); });
  if (word) return found(Level::alike, std::max(shared() - kDoubleName, kSurname.partly));
  if (nearly(surname_, other)) return found(Level::differ, kNearly);
  return found(Level::differ, kSurname.differ);
}

/// "Isla Hall" and "Hall Isla".
std::optional<PersonFinding> ProbePerson::exchanged(const PersonParts& other) const {
  const auto alike = [](const Typed& a, std::string_view b) {
    return !a.text().empty() && !b.empty() && (same_letters(a.text(), b) || slips(a, b) != kNotClose);
  };
  const bool first = alike(given_, other.surname), second = alike(surname_, first_word(other.given));
  if (!first && !second) return std::nullopt;
  const auto weight = [&](std::string_view a, std::string_view b) {
    const auto count = [&](std::string_view name) {
      return counting_->count(kGivenPart, name) + counting_->count(kSurnamePart, name);
    };
    const std::uint64_t common = a == b ? count(a) : std::max(count(a), count(b));
    return std::clamp(counting_->rarity().of(common, 500, kSurname.own) - kExchanged, Weight{0},
                      kGivenName.most);
  };
  const Weight of_first = first ? weight(given_.text(), other.surname) : kSurname.differ;
  const Weight of_second = second ? weight(surname_.text(), first_word(other.given)) : kSurname.differ;
  const Weight both = of_first + of_second;
  const Level level = first && second ? Level::alike : Level::partly;
  // "Kenneth Roberts" and "Robert Clayton": one name in the other's place may be chance.
  return PersonFinding{finding_of(level, both / 2, parts_.given, other.given),
                       finding_of(level, both - both / 2, parts_.surname, other.surname), !(first && second)};
}

PersonFinding ProbePerson::against(std::string_view other) const {
  const PersonParts theirs = person_parts(other);
  PersonFinding found;
  found.given = given_names(theirs.given, found.other_person);
  found.surname = surnames(theirs.surname);
  if (found.given.level == Level::differ && found.surname.level == Level::differ)
    if (const std::optional<PersonFinding> swapped = exchanged(theirs)) return *swapped;
  const bool both = !parts_.suffix.empty() && !theirs.suffix.empty();
  const bool senior = parts_.suffix == "sr" || theirs.suffix == "sr";
  if (parts_.suffix != theirs.suffix && (both || senior || !parts_.suffix.empty() || !theirs.suffix.empty()))
    found.given.veto = true;
  return found;
}

}  // namespace psabridge::similar
