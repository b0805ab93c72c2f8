// How many typing errors lie between two words.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace psabridge::similar {

/// A word that many others are compared with. Prepared when first asked. Lives no longer than its text.
class Typed {
 public:
  explicit Typed(std::string_view text);
  ~Typed();
  Typed(Typed&&) noexcept;
  Typed& operator=(Typed&&) noexcept;

  std::string_view text() const noexcept { return text_; }
  /// Letters put in, left out, exchanged or swapped with their neighbour; at_most + 1 when there are more.
  unsigned errors(std::string_view other, unsigned at_most) const;

 private:
  struct Pattern;
  std::string_view text_;
  bool ascii_;
  mutable std::unique_ptr<Pattern> pattern_;
};

/// Errors that may be a slip in words of these sizes (bytes): more would join different short words.
unsigned slips_allowed(std::string_view a, std::string_view b) noexcept;

/// Errors between two words; kNotClose when they are more than slips_allowed.
inline constexpr unsigned kNotClose = 9;
unsigned slips(const Typed& a, std::string_view b);

}  // namespace psabridge::similar
