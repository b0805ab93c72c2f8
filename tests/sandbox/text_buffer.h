// A growing byte buffer for building responses: one capacity check per field, no allocation once it is warm.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace sandbox {

// Not thread-safe; each connection owns one and reuses it for every response.
class TextBuffer {
 public:
  // Room for `size` more bytes; valid until the next call that grows the buffer. Follow with commit().
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return data_.get() + size_;
  }
  void commit(std::size_t size) { size_ += size; }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void append(char c) {
    *room(1) = c;
    ++size_;
  }
  void append_integer(std::int64_t value) {
    char* begin = room(24);
    size_ += static_cast<std::size_t>(std::to_chars(begin, begin + 24, value).ptr - begin);
  }
  // The text as a JSON string with its quotes. Bytes above 0x7f go through as they are, valid UTF-8 or not.
  void append_quoted(std::string_view text);

  std::string_view view() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  void truncate(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t size);

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sandbox
