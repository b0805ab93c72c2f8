#include "token_evidence.h"

#include <algorithm>
#include <bitset>
#include <optional>
#include <string>
#include <tuple>

#include "normal_text.h"

namespace psabridge::similar {
namespace {

/// What is known beforehand of words of a class.
struct ClassModel {
  std::uint64_t one_in;
  Weight most;
};

ClassModel class_model_of(WordClass kind, std::uint64_t one_in) noexcept {
  switch (kind) {
    case WordClass::common:
      return {100, bits(8)};
    case WordClass::group:
      return {60, bits(6)};
    case WordClass::place:
      return {60, bits(4)};
    case WordClass::legal:
      return {2, bits(0.5)};
    default:
      return {one_in, bits(12)};
  }
}

constexpr Weight kOtherNumber = bits(-7), kNumberMissing = bits(-2), kOtherMember = bits(-4),
                 kOtherPlace = bits(-5), kOtherLegalForm = bits(-1.5), kShortened = bits(3), kSlip = bits(3),
                 kWrittenTogether = bits(1), kInitials = bits(4), kMostLacking = bits(8);
constexpr std::uint64_t kWholeNames = 200'000;  // names in use, one in
constexpr Weight kTelling = bits(3);            // sharing less is sharing nothing telling
constexpr std::size_t kShortestBeginning = 4, kShortestSlip = 4;

bool is_beginning(std::string_view a, std::string_view b) noexcept {
  const auto [shorter, longer] = a.size() < b.size() ? std::pair(a, b) : std::pair(b, a);
  return shorter.size() >= kShortestBeginning && longer.starts_with(shorter);
}

}  // namespace

/// The words of two values with those that belong together paired off.
struct Words::Pairing {
  Pairing(const Words& a, const List& b, std::string_view other) noexcept
      : owner(a), left(a.words_), right(b), theirs(other) {}

  void pair_equal() {
    for (std::size_t i = 0; i < left.count; ++i)
      for (std::size_t j = 0; j < right.count; ++j) {
        const Word &a = left.words[i], &b = right.words[j];
        if (right_done.test(j) || a.text() != b.text()) continue;
        if (a.kind == b.kind) b.rarity = owner.rarity(a);
        take(i, j, std::min(owner.rarity(a), owner.rarity(b)));
        break;
      }
  }

  /// Pairs what is only alike, the most telling pair first.
  void pair_alike() {
    for (std::optional<Alike> best = best_alike(); best; best = best_alike())
      take(best->i, best->j, best->weight);
    if (left_over(left, left_done) == 1 && left_over(right, right_done) == 1) pair_last();
  }

  /// "face book" and "facebook"; "ibm" and "international business machines".
  void pair_written_together() {
    const std::size_t a_words = left_over(left, left_done), b_words = left_over(right, right_done);
    if (a_words == 0 || b_words == 0 || (a_words == 1 && b_words == 1)) return;
    const bool may_be_run = left.letters == right.letters;
    if (!may_be_run && a_words > 1 && b_words > 1) return;
    const std::size_t a_letters = letters_left(left, left_done), b_letters = letters_left(right, right_done);
    const bool may_be_initials =
        (a_words == 1 && a_letters == b_words) || (b_words == 1 && b_letters == a_words);
    if (a_letters != b_letters && !may_be_initials) return;
    const Rest a = rest(left, left_done), b = rest(right, right_done);
    if (a.letters == b.letters)
      shared += std::max<Weight>(std::min(a.rarity(owner), b.rarity(owner)) - kWrittenTogether, 0);
    else if ((a_words == 1 && a.letters == b.initials) || (b_words == 1 && b.letters == a.initials))
      shared += kInitials;
    else
      return;
    telling += kTelling, named = true;
    finish(left, left_done), finish(right, right_done);
  }

  bool nothing_shared() const noexcept { return telling == 0; }
  WordEvidence sum_up() const;

 private:
  using Marks = std::bitset<kMost>;
  struct Alike {
    std::size_t i, j;
    Weight weight;
    std::string_view first, second;  // in order of the alphabet, so that either side finds the same pair
    auto rank() const { return std::tuple(-weight, first, second); }
  };
  /// What is left over of a value.
  struct Rest {
    std::string letters, initials;
    std::vector<const Word*> words;
    Weight rarity(const Words& owner) const {
      Weight sum = 0;
      for (const Word* word : words) sum += owner.rarity(*word);
      return sum;
    }
  };
  struct Lacking {
    Weight names = 0;
    bool any = false;  ///< but for legal forms
    bool telling = false, number = false, group = false, place = false, legal = false;
  };

  void take(std::size_t i, std::size_t j, Weight weight) {
    left_done.set(i), right_done.set(j);
    shared += weight;
    if (left.words[i].kind == WordClass::legal)
      legal_shared = true;
    else
      telling += weight;
    named = named || left.words[i].kind != WordClass::number;
  }

  /// The last words may be one even if their first letters differ.
  void pair_last() {
    const std::size_t i = first_left_over(left, left_done), j = first_left_over(right, right_done);
    const Word &a = left.words[i], &b = right.words[j];
    if (!may_slip(a.kind) || !may_slip(b.kind) || a.text()[0] == b.text()[0]) return;
    const unsigned errors = slips(owner.typed_[i], b.text());
    if (errors == kNotClose) return;
    const Weight weight = std::min(owner.rarity(a), owner.rarity(b)) - kSlip * static_cast<Weight>(errors);
    if (weight > 0) take(i, j, weight);
  }

  std::optional<Alike> best_alike() const {
    std::optional<Alike> best;
    for (std::size_t i = 0; i < left.count; ++i)
      for (std::size_t j = 0; j < right.count; ++j)
        if (const Weight weight = alike(i, j); weight > 0) {
          const auto [first, second] = std::minmax({left.words[i].text(), right.words[j].text()});
          const Alike found{i, j, weight, first, second};
          if (!best || found.rank() < best->rank()) best = found;
        }
    return best;
  }
  /// Only words with the same first letter: it is seldom mistyped, and most others need no look.
  Weight alike(std::size_t i, std::size_t j) const {
    const Word &a = left.words[i], &b = right.words[j];
    if (a.text()[0] != b.text()[0] || left_done.test(i) || right_done.test(j) || !may_slip(a.kind) ||
        !may_slip(b.kind))
      return 0;
    if (is_beginning(a.text(), b.text())) return std::min(owner.rarity(a), owner.rarity(b)) - kShortened;
    if (std::min(a.text().size(), b.text().size()) < kShortestSlip) return 0;
    const unsigned errors = slips(owner.typed_[i], b.text());
    return errors == kNotClose
               ? 0
               : std::min(owner.rarity(a), owner.rarity(b)) - kSlip * static_cast<Weight>(errors);
  }
  static bool may_slip(WordClass kind) noexcept {
    return kind != WordClass::number && kind != WordClass::legal;
  }

  static std::size_t left_over(const List& list, const Marks& done) noexcept {
    std::size_t words = 0;
    for (std::size_t i = 0; i < list.count; ++i)
      words += !done.test(i) && list.words[i].kind != WordClass::legal ? 1 : 0;
    return words;
  }
  static std::size_t letters_left(const List& list, const Marks& done) noexcept {
    std::size_t letters = 0;
    for (std::size_t i = 0; i < list.count; ++i)
      if (!done.test(i) && list.words[i].kind != WordClass::legal) letters += list.words[i].size;
    return letters;
  }
  static std::size_t first_left_over(const List& list, const Marks& done) noexcept {
    std::size_t i = 0;
    while (done.test(i) || list.words[i].kind == WordClass::legal) ++i;
    return i;
  }
  static Rest rest(const List& list, const Marks& done) {
    Rest rest;
    for (std::size_t i = 0; i < list.count; ++i) {
      if (done.test(i) || list.words[i].kind == WordClass::legal) continue;
      rest.words.push_back(&list.words[i]);
      rest.letters += list.words[i].text();
      rest.initials += list.words[i].text()[0];
    }
    return rest;
  }
  static void finish(const List& list, Marks& done) {
    for (std::size_t i = 0; i < list.count; ++i)
      if (list.words[i].kind != WordClass::legal) done.set(i);
  }

  Lacking lacking(const List& list, const Marks& done) const {
    Lacking lacking;
    for (std::size_t i = 0; i < list.count; ++i) {
      if (done.test(i)) continue;
      lacking.any = lacking.any || list.words[i].kind != WordClass::legal;
      switch (list.words[i].kind) {
        case WordClass::number:
          lacking.number = true;
          break;
        case WordClass::group:
          lacking.group = true;
          break;
        case WordClass::place:
          lacking.place = true;
          break;
        case WordClass::legal:
          lacking.legal = true;
          break;
        case WordClass::name:
          lacking.telling = true;
          [[fallthrough]];
        case WordClass::common:
          lacking.names += std::min(owner.rarity(list.words[i]), kMostLacking);
      }
    }
    return lacking;
  }

  const Words& owner;
  const List& left;
  const List& right;
  std::string_view theirs;
  Marks left_done, right_done;
  Weight shared = 0, telling = 0;
  bool legal_shared = false, named = false;
};

WordEvidence Words::Pairing::sum_up() const {
  const Lacking a = lacking(left, left_done), b = lacking(right, right_done);
  const bool company = owner.kind_ == Kind::company || owner.kind_ == Kind::belongs_to;
  const bool member = company && (a.group || b.group), numbers = a.number && b.number;
  WordEvidence found;
  found.other_name = (a.telling && b.telling) || telling < kTelling;
  found.other_place = a.place && b.place;
  found.other_words = !named;
  found.each_lacks = a.names > 0 && b.names > 0;
  found.other_member = member || numbers;
  found.whole = !a.any && !b.any && owner.has_several();
  // Words that stand for one another speak louder than words that one side left out.
  Weight against = 0;
  if (company)
    against -= found.each_lacks ? (a.names + b.names) * 3 / 4 : (a.names + b.names) * 2 / 5;
  else
    against -= found.each_lacks ? (a.names + b.names) * 3 / 8 : (a.names + b.names) / 5;
  if (numbers)
    against += kOtherNumber;
  else if (a.number || b.number)
    against += company ? kNumberMissing : kNumberMissing / 2;
  if (found.other_place) against += kOtherPlace;
  if (member) against += kOtherMember;
  if (a.legal && b.legal && !legal_shared) against += kOtherLegalForm;
  Weight most = owner.model_.most;
  if (!a.any && !b.any) most = std::min({most, owner.of_whole(owner.value_), owner.of_whole(theirs)});
  found.weight = std::clamp(std::min(shared, most) + against, owner.model_.differ, owner.model_.most);
  return found;
}

Words::List::List(std::string_view value) noexcept {
  for (std::size_t at = 0; at < value.size() && count < kMost;) {
    const std::size_t end = std::min(value.find(' ', at), value.size());
    if (end > at + 1) {
      const auto kind = static_cast<WordClass>(value[at]);
      const std::uint32_t initial = 1u << (static_cast<unsigned char>(value[at + 1]) & 31u);
      words[count++] = {value.data() + at + 1, end - at - 1, -1, kind};
      (kind == WordClass::legal ? legal_initials : initials) |= initial;
      named += kind == WordClass::legal ? 0 : 1;
      letters += kind == WordClass::legal ? 0 : end - at - 1;
    }
    at = end + 1;
  }
}

Words::Words(std::string_view value, Kind kind, const Counting& counting)
    : value_(value), kind_(kind), model_(model_of(kind)), counting_(&counting), words_(value) {
  typed_.reserve(words_.count);
  for (std::size_t i = 0; i < words_.count; ++i) typed_.emplace_back(words_.words[i].text());
}

Weight Words::rarity(const Word& word) const {
  if (word.rarity >= 0) return word.rarity;
  const ClassModel known = class_model_of(word.kind, model_.one_in);
  if (word.kind == WordClass::legal) return word.rarity = known.most;
  const Weight weight =
      counting_->rarity().of(counting_->count(kWord, word.text()), known.one_in, model_.own);
  return word.rarity = std::clamp(weight, Weight{0}, known.most);
}

/// The name as a whole, whatever its legal form, may be more common than its words: franchises.
Weight Words::of_whole(std::string_view value) const {
  return counting_->rarity().of(counting_->count(kWhole, without_legal_forms(value)), kWholeNames,
                                model_.own);
}

Weight Words::of_equal() const {
  Weight sum = 0;
  for (std::size_t i = 0; i < words_.count; ++i) sum += rarity(words_.words[i]);
  return std::min({sum, model_.most, of_whole(value_)});
}

/// Two words or more that are no initials, one of which not half the firms of a trade have.
bool Words::has_several() const noexcept {
  constexpr std::size_t kShortest = 3;
  std::size_t several = 0;
  bool telling = false;
  for (std::size_t i = 0; i < words_.count; ++i) {
    const Word& word = words_.words[i];
    if (word.kind == WordClass::legal || word.size < kShortest) continue;
    ++several;
    telling = telling || word.kind == WordClass::name;
  }
  return telling && several > 1;
}

WordEvidence Words::against(std::string_view other) const {
  if (other == value_) return {.weight = of_equal(), .whole = has_several()};
  const WordEvidence nothing_in_common{.weight = model_.differ, .other_name = true, .other_words = true};
  const List words(other);
  const bool may_be_slip = words_.named == 1 && words.named == 1;  // even of the first letter
  if (!may_be_slip && !words_.may_share(words)) return nothing_in_common;
  Pairing pairing(*this, words, other);
  pairing.pair_equal();
  pairing.pair_alike();
  pairing.pair_written_together();
  return pairing.nothing_shared() ? nothing_in_common : pairing.sum_up();
}

}  // namespace psabridge::similar
