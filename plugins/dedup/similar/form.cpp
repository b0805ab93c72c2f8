#include "form.h"

namespace psabridge::similar {

std::string write_form(std::uint8_t entity, const std::vector<Values>& slots) {
  std::string form(1, static_cast<char>(entity));
  std::size_t to_come = slots.size();  // a byte for each slot that follows
  for (const Values& values : slots) {
    const std::size_t count_at = form.size();
    form += '\0';
    --to_come;
    for (const std::string& value : values) {
      if (form.size() + to_come + 2 + value.size() > kLargestForm || form[count_at] == 127) break;
      form += static_cast<char>(value.size() & 0xff);
      form += static_cast<char>(value.size() >> 8);
      form += value;
      ++form[count_at];
    }
  }
  return form;
}

}  // namespace psabridge::similar
