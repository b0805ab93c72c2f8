// Writes one JSON object member by member, obeying what tests injected into that row.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/sandbox/text_buffer.h"
#include "tests/sandbox/ticks.h"

namespace sandbox {

// What differs in one row from what its seed gives.
struct Overlay {
  std::map<std::string, std::string, std::less<>> members;  // member -> JSON text, written verbatim
  std::set<std::string, std::less<>> omitted;               // members left out altogether
  std::map<std::int32_t, std::string> custom_values;        // custom field id -> JSON text of its value
  std::string headline;                                     // the row's name, for those that refer to it
  Ticks changed = 0;                                        // notes only: when written
  bool deleted = false;                                     // notes only
};

// Value faults that are switched on for a response.
struct ValueQuirks {
  bool text_ids = false;
  bool zoned_dates = false;
  bool headline_nul = false;
  bool headline_mojibake = false;
  bool headline_invalid_utf8 = false;
  std::int64_t headline_huge = 0;           // bytes added; 0 is off
  std::int64_t headline_missing_every = 0;  // left out where the id divides by this; 0 is off
};

// Lifetimes: buffer and overlay outlive the writer. Not thread-safe.
class RowWriter {
 public:
  RowWriter(TextBuffer& out, const ValueQuirks& quirks, const Overlay* overlay = nullptr)
      : out_(out), quirks_(quirks), overlay_(overlay) {
    out_.append('{');
  }
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  void integer(std::string_view key, std::int64_t value);
  // An id: a plain integer, or its text under the fault text_ids.
  void identifier(std::string_view key, std::int64_t value);
  // An id as Halo writes some of them: 21.0
  void decimal_identifier(std::string_view key, std::int64_t value);
  void text(std::string_view key, std::string_view value);
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);
  void date(std::string_view key, Ticks value);
  // JSON text as it is.
  void raw(std::string_view key, std::string_view json);
  // Members that are the same in every row: `"key":value,"key":value`, without commas inside the values.
  void constants(std::string_view members);
  // The row's required name or summary: the place where value faults strike.
  void headline(std::string_view key, std::string_view value, std::int64_t row_id);
  // `write(TextBuffer&)` writes the value.
  template <typename Write>
  void nested(std::string_view key, Write&& write) {
    if (begin(key)) write(out_);
  }
  // Adds the injected members and closes the object.
  void end();

 private:
  // Writes the separator and the key; false when the member is omitted or replaced.
  bool begin(std::string_view key);
  void separate();
  void write_key(std::string_view key);

  TextBuffer& out_;
  const ValueQuirks& quirks_;
  const Overlay* overlay_;
  bool first_ = true;
};

}  // namespace sandbox
