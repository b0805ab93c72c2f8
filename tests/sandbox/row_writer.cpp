#include "tests/sandbox/row_writer.h"

#include <algorithm>

namespace sandbox {
namespace {

// "Café" read as Latin-1 and encoded again, and a control character that databases refuse.
constexpr std::string_view kMojibake = "Caf\xc3\x83\xc2\xa9 ";
constexpr std::string_view kInvalidUtf8 = "\xff\xc3\x28 ";
constexpr std::int64_t kHugeEvery = 50;  // a page with a hundred huge rows would be no test of the client

}  // namespace

bool RowWriter::begin(std::string_view key) {
  if (overlay_ != nullptr && (overlay_->omitted.contains(key) || overlay_->members.contains(key)))
    return false;
  write_key(key);
  return true;
}

void RowWriter::separate() {
  if (!first_) out_.append(',');
  first_ = false;
}

void RowWriter::write_key(std::string_view key) {
  separate();
  char* p = out_.room(key.size() + 3);
  *p++ = '"';
  std::memcpy(p, key.data(), key.size());
  p += key.size();
  *p++ = '"';
  *p = ':';
  out_.commit(key.size() + 3);
}

void RowWriter::integer(std::string_view key, std::int64_t value) {
  if (begin(key)) out_.append_integer(value);
}

void RowWriter::identifier(std::string_view key, std::int64_t value) {
  if (!begin(key)) return;
  if (quirks_.text_ids) out_.append('"');
  out_.append_integer(value);
  if (quirks_.text_ids) out_.append('"');
}

void RowWriter::decimal_identifier(std::string_view key, std::int64_t value) {
  if (!begin(key)) return;
  out_.append_integer(value);
  out_.append(".0");
}

void RowWriter::text(std::string_view key, std::string_view value) {
  if (begin(key)) out_.append_quoted(value);
}

void RowWriter::boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }

void RowWriter::null(std::string_view key) { raw(key, "null"); }

void RowWriter::date(std::string_view key, Ticks value) {
  if (!begin(key)) return;
  out_.append('"');
  append_datetime(out_, value);
  out_.append(quirks_.zoned_dates ? "Z\"" : "\"");
}

void RowWriter::raw(std::string_view key, std::string_view json) {
  if (begin(key)) out_.append(json);
}

// One copy, unless the row has injected members that may replace some of these.
void RowWriter::constants(std::string_view members) {
  if (overlay_ == nullptr) {
    separate();
    return out_.append(members);
  }
  while (!members.empty()) {
    const std::string_view member = members.substr(0, members.find(','));
    members.remove_prefix(std::min(member.size() + 1, members.size()));
    const auto colon = member.find(':');
    raw(member.substr(1, colon - 2), member.substr(colon + 1));
  }
}

void RowWriter::headline(std::string_view key, std::string_view value, std::int64_t row_id) {
  if (quirks_.headline_missing_every > 0 && row_id % quirks_.headline_missing_every == 0) return;
  const bool huge = quirks_.headline_huge > 0 && row_id % kHugeEvery == 0;
  const bool plain =
      !quirks_.headline_nul && !quirks_.headline_mojibake && !quirks_.headline_invalid_utf8 && !huge;
  if (plain) return text(key, value);
  std::string strange(value);
  if (quirks_.headline_nul) strange.insert(0, 1, '\0');
  if (quirks_.headline_mojibake) strange.insert(0, kMojibake);
  if (quirks_.headline_invalid_utf8) strange.insert(0, kInvalidUtf8);
  if (huge) strange.append(static_cast<std::size_t>(quirks_.headline_huge), 'x');
  text(key, strange);
}

void RowWriter::end() {
  if (overlay_ != nullptr) {
    for (const auto& [key, json] : overlay_->members) {
      write_key(key);
      out_.append(json);
    }
  }
  out_.append('}');
}

}  // namespace sandbox
