// What two names or texts say word by word: the rarity of what they share less that of what they do not.
#pragma once
#include <array>
#include <cstdint>
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
  bool other_words = false;   ///< no word in common but numbers
  bool each_lacks = false;    ///< each has words that the other lacks, telling or not
  bool whole = false;         ///< several telling words, and neither has one that the other lacks
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
  struct Word {  // nothing is set beforehand: a list has few words, and there are millions of lists
    const char* begin;
    std::size_t size;
    mutable Weight rarity;  // -1: not asked yet
    WordClass kind;
    std::string_view text() const noexcept { return {begin, size}; }
  };
  static constexpr std::size_t kMost = 24;
  /// The words of a value, without memory of their own: there are millions of candidates.
  struct List {
    explicit List(std::string_view value) noexcept;
    /// False when no word but legal forms can be equal to one of the other's or begin as it does.
    bool may_share(const List& other) const noexcept {
      return (initials & (other.initials | other.legal_initials)) != 0 ||
             (legal_initials & other.initials) != 0;
    }
    std::array<Word, kMost> words;
    std::size_t count = 0;
    std::size_t named = 0;                           ///< words that are no legal form
    std::size_t letters = 0;                         ///< in these
    std::uint32_t initials = 0, legal_initials = 0;  ///< first letters, as bits; two may have one
  };
  struct Pairing;

  Weight rarity(const Word& word) const;
  Weight of_whole(std::string_view value) const;
  Weight of_equal() const;
  bool has_several() const noexcept;

  std::string_view value_;
  Kind kind_;
  const KindModel& model_;
  const Counting* counting_;
  List words_;
  std::vector<Typed> typed_;  // of each word
};

}  // namespace psabridge::similar
