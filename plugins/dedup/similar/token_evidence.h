// What two names or texts say word by word: the rarity of what they share less that of what they do not.
#pragma once
#include <string_view>
#include <vector>

#include "closeness.h"
#include "company_name.h"
#include "counting.h"

namespace psabridge::similar {

struct WordEvidence {
  Weight weight = 0;
  bool other_name = false;    ///< each has telling words that the other lacks, or nothing telling is shared
  bool other_member = false;  ///< only one has a word of a group of companies, or their numbers differ
  bool other_place = false;   ///< each names a place that the other does not
};

/// The words of a normal company name or text, to be compared with many others.
class Words {
 public:
  /// `value` and `counting` outlive it. `kind` is one that has words.
  Words(std::string_view value, Kind kind, const Counting& counting);

  /// Symmetric.
  WordEvidence against(std::string_view other) const;

 private:
  struct Word {
    WordClass kind;
    Typed typed;
    mutable Weight rarity = -1;  // -1: not asked yet
    std::string_view text() const noexcept { return typed.text(); }
  };
  struct Pairing;

  static std::vector<Word> split(std::string_view value);
  Weight rarity(const Word& word) const;
  WordEvidence of_equal() const;

  std::string_view value_;
  Kind kind_;
  const KindModel& model_;
  const Counting& counting_;
  std::vector<Word> words_;
};

}  // namespace psabridge::similar
