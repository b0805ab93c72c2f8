#include "tests/sandbox/text_buffer.h"

#include <algorithm>

namespace sandbox {
namespace {

constexpr std::size_t kFirstCapacity = 64 * 1024;

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

std::size_t append_escape(char* out, char c) {
  if (c == '"' || c == '\\') {
    out[0] = '\\';
    out[1] = c;
    return 2;
  }
  constexpr std::string_view kShort = "\nn\rr\tt";
  const auto known = kShort.find(c);
  if (known != std::string_view::npos && known % 2 == 0) {
    out[0] = '\\';
    out[1] = kShort[known + 1];
    return 2;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::memcpy(out, "\\u00", 4);
  out[4] = kHex[static_cast<unsigned char>(c) >> 4];
  out[5] = kHex[static_cast<unsigned char>(c) & 15];
  return 6;
}

}  // namespace

void TextBuffer::append_quoted(std::string_view text) {
  char* const begin = room(text.size() * 6 + 2);
  char* out = begin;
  *out++ = '"';
  for (const char c : text) {
    if (needs_escape(c)) {
      out += append_escape(out, c);
    } else {
      *out++ = c;
    }
  }
  *out++ = '"';
  commit(static_cast<std::size_t>(out - begin));
}

void TextBuffer::grow(std::size_t size) {
  const std::size_t capacity = std::max({kFirstCapacity, capacity_ * 2, size_ + size});
  std::unique_ptr<char[]> data(new char[capacity]);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace sandbox
