// A whole record as a form, for dedup strategies that judge records and make no form of their own.
#pragma once
#include <psabridge/abi.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/batch.h"

namespace psabridge::plugin {

/// Connection, ids and the fields that are not null, without `raw`. Texts are cut at 4 KiB.
std::string write_record_form(const Batch& batch, std::size_t record);

/// Records read back from forms, as the table that a verb is given. One thread; the forms (each with one
/// byte in front of what write_record_form gave) may go once it is made.
class FormedRecords {
 public:
  /// Throws Error PB1703 for bytes that write_record_form did not write.
  explicit FormedRecords(std::span<const psabridge_str> forms);
  ~FormedRecords();
  FormedRecords(const FormedRecords&) = delete;
  FormedRecords& operator=(const FormedRecords&) = delete;

  const psabridge_batch* plain() const noexcept;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace psabridge::plugin
