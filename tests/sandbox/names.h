// Realistic names of an MSP's customers, people, machines and tickets, each a pure function of (seed, id).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sandbox {

// A short text on the stack: names are made for every row, and must not allocate.
class ShortText {
 public:
  ShortText() = default;
  explicit ShortText(std::string_view text) { append(text); }

  // Text beyond the capacity is dropped.
  ShortText& append(std::string_view text) {
    const std::size_t size = text.size() < bytes_.size() - size_ ? text.size() : bytes_.size() - size_;
    std::memcpy(bytes_.data() + size_, text.data(), size);
    size_ += size;
    return *this;
  }
  ShortText& append_number(std::int64_t number);

  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 128> bytes_{};
  std::size_t size_ = 0;
};

class Names {
 public:
  explicit Names(std::uint64_t seed) : seed_(seed) {}

  ShortText client(std::int32_t id) const;
  ShortText client_domain(std::int32_t id) const;
  ShortText site(std::int32_t id) const;
  std::string_view first_name(std::int32_t contact_id) const;
  std::string_view last_name(std::int32_t contact_id) const;
  ShortText contact(std::int32_t id) const;
  ShortText agent(std::int32_t id) const;
  ShortText team(std::int32_t id) const;
  ShortText asset(std::int32_t id, std::int32_t type) const;
  ShortText ticket_summary(std::int32_t id) const;
  std::string_view ticket_details(std::int32_t id) const;
  std::string_view note(std::int32_t ticket_id, std::int32_t note_id) const;
  std::string_view street(std::int32_t site_id) const;
  std::string_view city(std::int32_t site_id) const;

 private:
  std::uint64_t seed_;
};

}  // namespace sandbox
