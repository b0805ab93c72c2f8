// Which of many pieces of text occur in a text: one pass over it, however many they are (Aho and Corasick).
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psabridge::routing {

/// Immutable; threads may share it.
class LiteralFinder {
 public:
  /// ASCII lower case, none of them empty, each once (asserted).
  explicit LiteralFinder(std::span<const std::string> literals);

  /// What was found so far, over one text or several.
  struct Found {
    std::vector<bool> is_found;           ///< by literal
    std::vector<std::uint32_t> literals;  ///< their numbers, each once
  };
  Found nothing() const { return {std::vector<bool>(count_), {}}; }

  /// Adds each literal that occurs in the text, whose ASCII case is ignored.
  void find(std::string_view text, Found& found) const;

 private:
  using State = std::uint32_t;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Step {
    unsigned char byte;
    State to;
  };
  struct Place {
    std::vector<Step> steps;        ///< by byte
    State fallback = 0;             ///< the longest end of this place that is a place too
    State shorter = 0;              ///< the longest such end that completes a literal; 0: none
    std::uint32_t literal = kNone;  ///< completed here
  };

  State step(State from, unsigned char byte) const;
  void add(std::string_view literal, std::uint32_t number);
  void link();

  std::vector<Place> places_ = std::vector<Place>(1);
  std::size_t count_ = 0;           ///< literals
  std::array<State, 256> first_{};  ///< steps from the root
};

}  // namespace psabridge::routing
