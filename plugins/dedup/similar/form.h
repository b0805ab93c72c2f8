// A record in the form that compare() reads: the normal values of its slots, one after another.
//
//   form = entity, { count, { size (2 bytes, low first), bytes } }
//
// entity is 0 for slots of the settings, else 1 + the number of the default entity.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace psabridge::similar {

/// Normal values of a slot; none when the record has none.
using Values = std::vector<std::string>;

inline constexpr std::size_t kLargestForm = 4000;

/// Values that would make it larger than kLargestForm bytes are left out.
std::string write_form(std::uint8_t entity, const std::vector<Values>& slots);

/// Reads a form from slot to slot. A form that is cut reads as if it had no more values. Lives no longer than
/// its bytes.
class FormReader {
 public:
  explicit FormReader(std::string_view form) noexcept
      : entity_(form.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(form[0])),
        left_(form.empty() ? form : form.substr(1)) {}

  std::uint8_t entity() const noexcept { return entity_; }
  /// How many values the next slot has; next() gives them.
  std::size_t count() noexcept {
    if (left_.empty()) return 0;
    const auto count = static_cast<unsigned char>(left_[0]);
    left_.remove_prefix(1);
    return count;
  }
  std::string_view next() noexcept {
    if (left_.size() < 2) return left_ = {};
    const std::size_t size =
        static_cast<unsigned char>(left_[0]) + std::size_t{256} * static_cast<unsigned char>(left_[1]);
    const std::string_view value = left_.substr(2, size);
    left_.remove_prefix(2 + value.size());
    return value;
  }

 private:
  std::uint8_t entity_;
  std::string_view left_;
};

}  // namespace psabridge::similar
