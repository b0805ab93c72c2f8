#include "token_evidence.h"

#include <algorithm>
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
                 kWrittenTogether = bits(1);
constexpr Weight kTelling = bits(3);  // sharing less is sharing nothing telling
constexpr std::size_t kShortestBeginning = 4;

bool is_beginning(std::string_view a, std::string_view b) noexcept {
  const auto [shorter, longer] = a.size() < b.size() ? std::pair(a, b) : std::pair(b, a);
  return shorter.size() >= kShortestBeginning && longer.starts_with(shorter);
}

}  // namespace

/// The words of two values with those that belong together paired off.
struct Words::Pairing {
  Pairing(const Words& a, const std::vector<Word>& b)
      : owner(a), left(a.words_), right(b), left_done(left.size()), right_done(right.size()) {}

  void pair_equal() {
    for (std::size_t i = 0; i < left.size(); ++i)
      for (std::size_t j = 0; j < right.size(); ++j)
        if (!right_done[j] && left[i].text() == right[j].text()) {
          if (left[i].kind == right[j].kind) right[j].rarity = rarity(left[i]);
          take(i, j, std::min(rarity(left[i]), rarity(right[j])));
          break;
        }
  }

  /// Pairs what is only alike, the most telling pair first.
  void pair_alike() {
    for (std::optional<Alike> best = best_alike(); best; best = best_alike())
      take(best->i, best->j, best->weight);
  }

  /// "face book" and "facebook"; "ibm" and "international business machines".
  void pair_written_together() {
    const Rest a = rest(left, left_done), b = rest(right, right_done);
    if (a.words == 0 || b.words == 0 || (a.words == 1 && b.words == 1)) return;
    if (a.letters == b.letters) {
      shared += std::max<Weight>(std::min(a.rarity, b.rarity) - kWrittenTogether, 0);
    } else if ((a.words == 1 && b.words > 1 && a.letters == b.initials) ||
               (b.words == 1 && a.words > 1 && b.letters == a.initials)) {
      shared += bits(4);
    } else {
      return;
    }
    telling += kTelling;
    finish(left, left_done), finish(right, right_done);
  }

  WordEvidence sum_up() const;

 private:
  struct Alike {
    std::size_t i, j;
    Weight weight;
    std::string_view first, second;  // in order of the alphabet, so that either side finds the same pair
    auto rank() const { return std::tuple(-weight, first, second); }
  };
  struct Rest {
    std::size_t words = 0;
    std::string letters, initials;
    Weight rarity = 0;
  };
  struct Lacking {
    Weight names = 0;
    bool telling = false, number = false, group = false, place = false, legal = false;
  };

  Weight rarity(const Word& word) const { return owner.rarity(word); }

  void take(std::size_t i, std::size_t j, Weight weight) {
    left_done[i] = right_done[j] = true;
    shared += weight;
    if (left[i].kind == WordClass::legal)
      legal_shared = true;
    else
      telling += weight;
  }

  std::optional<Alike> best_alike() const {
    std::optional<Alike> best;
    for (std::size_t i = 0; i < left.size(); ++i)
      for (std::size_t j = 0; j < right.size(); ++j)
        if (const Weight weight = alike(i, j); weight > 0) {
          const auto [first, second] = std::minmax({left[i].text(), right[j].text()});
          const Alike found{i, j, weight, first, second};
          if (!best || found.rank() < best->rank()) best = found;
        }
    return best;
  }
  Weight alike(std::size_t i, std::size_t j) const {
    const Word &a = left[i], &b = right[j];
    if (left_done[i] || right_done[j] || a.kind == WordClass::number || b.kind == WordClass::number ||
        a.kind == WordClass::legal || b.kind == WordClass::legal)
      return 0;
    if (is_beginning(a.text(), b.text())) return std::min(rarity(a), rarity(b)) - kShortened;
    if (slips_allowed(a.text(), b.text()) == 0 || std::min(a.text().size(), b.text().size()) < 4) return 0;
    const unsigned errors = slips(a.typed, b.text());
    return errors == kNotClose ? 0 : std::min(rarity(a), rarity(b)) - kSlip * static_cast<Weight>(errors);
  }

  Rest rest(const std::vector<Word>& words, const std::vector<bool>& done) const {
    Rest rest;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (done[i] || words[i].kind == WordClass::legal) continue;
      ++rest.words;
      rest.letters += words[i].text();
      rest.initials += words[i].text()[0];
      rest.rarity += rarity(words[i]);
    }
    return rest;
  }
  static void finish(const std::vector<Word>& words, std::vector<bool>& done) {
    for (std::size_t i = 0; i < words.size(); ++i)
      if (words[i].kind != WordClass::legal) done[i] = true;
  }

  Lacking lacking(const std::vector<Word>& words, const std::vector<bool>& done) const {
    Lacking lacking;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (done[i]) continue;
      switch (words[i].kind) {
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
          lacking.names += std::min(rarity(words[i]), bits(8));
      }
    }
    return lacking;
  }

  const Words& owner;
  const std::vector<Word>& left;
  const std::vector<Word>& right;
  std::vector<bool> left_done, right_done;
  Weight shared = 0, telling = 0;
  bool legal_shared = false;
};

WordEvidence Words::Pairing::sum_up() const {
  const Lacking a = lacking(left, left_done), b = lacking(right, right_done);
  const bool company = owner.kind_ == Kind::company || owner.kind_ == Kind::belongs_to;
  WordEvidence found;
  found.other_name = (a.telling && b.telling) || telling < kTelling;
  found.other_place = a.place && b.place;
  found.other_member = company && (a.group || b.group);
  Weight against = 0;
  // Words that stand for one another speak louder than words that one side left out.
  const bool both = a.names > 0 && b.names > 0;
  const Weight sum = a.names + b.names;
  if (company)
    against -= both ? sum * 3 / 4 : sum * 2 / 5;
  else
    against -= both ? sum * 3 / 8 : sum / 5;
  if (a.number && b.number)
    against += kOtherNumber, found.other_member = true;
  else if (a.number || b.number)
    against += company ? kNumberMissing : kNumberMissing / 2;
  if (found.other_place) against += kOtherPlace;
  if (company && (a.group || b.group)) against += kOtherMember;
  if (a.legal && b.legal && !legal_shared) against += kOtherLegalForm;
  found.weight = std::clamp(shared + against, owner.model_.differ, owner.model_.most);
  return found;
}

std::vector<Words::Word> Words::split(std::string_view value) {
  std::vector<Word> words;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(' ', at), value.size());
    words.push_back({static_cast<WordClass>(value[at]), Typed(value.substr(at + 1, end - at - 1))});
    at = end + 1;
  }
  return words;
}

Words::Words(std::string_view value, Kind kind, const Counting& counting)
    : value_(value), kind_(kind), model_(model_of(kind)), counting_(counting), words_(split(value)) {}

Weight Words::rarity(const Word& word) const {
  if (word.rarity < 0) {
    const ClassModel known = class_model_of(word.kind, model_.one_in);
    word.rarity =
        word.kind == WordClass::legal
            ? known.most
            : std::clamp(counting_.rarity().of(counting_.count(kWord, word.text()), known.one_in, model_.own),
                         Weight{0}, known.most);
  }
  return word.rarity;
}

/// The name as a whole may be more common than its words: franchises.
WordEvidence Words::of_equal() const {
  Weight sum = 0;
  for (const Word& word : words_) sum += rarity(word);
  return {std::min(
      {sum, model_.most, counting_.rarity().of(counting_.count(kWhole, value_), 200'000, model_.own)})};
}

WordEvidence Words::against(std::string_view other) const {
  if (other == value_) return of_equal();
  const std::vector<Word> words = split(other);
  Pairing pairing(*this, words);
  pairing.pair_equal();
  pairing.pair_alike();
  pairing.pair_written_together();
  return pairing.sum_up();
}

}  // namespace psabridge::similar
