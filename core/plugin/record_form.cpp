#include "core/plugin/record_form.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "core/base/error.h"

namespace psabridge::plugin {
namespace {

constexpr std::size_t kTextLimit = 4 * 1024;  // bytes kept of a text

std::string_view cut(std::string_view text) {
  if (text.size() <= kTextLimit) return text;
  std::size_t size = kTextLimit;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0u) == 0x80u) --size;  // whole characters
  return text.substr(0, size);
}

class FormWriter {
 public:
  void number(std::uint64_t number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    bytes_.append(bytes, sizeof bytes);
  }
  void text(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }
  void field(std::string_view name, const Value& value) {
    text(name);
    number(value.type);
    if (has_text(value))
      text(cut(view(value.as.text)));
    else
      number(static_cast<std::uint64_t>(value.as.integer));  // the bits of a real, too
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class FormReader {
 public:
  explicit FormReader(std::string_view bytes) : left_(bytes) {}
  std::uint64_t number() {
    std::uint64_t number = 0;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  std::string_view text() { return take(number()); }
  bool at_end() const { return left_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > left_.size()) throw Error("PB1703", "A stored form of a record cannot be read.");
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::string_view left_;
};

}  // namespace

std::string write_record_form(const Batch& batch, std::size_t index) {
  const Record& record = batch.records[index];
  FormWriter form;
  form.text(batch.connection);
  form.text(batch.schema->entity);
  form.text(view(record.source_id));
  form.text(view(record.version));
  form.text(cut(view(record.custom)));
  for (std::size_t f = 0; f < record.field_count; ++f)
    if (!is_null(record.fields[f])) form.field(batch.schema->fields[f].name, record.fields[f]);
  return form.take();
}

struct FormedRecords::Tables {
  std::string bytes;  // what all views point into
  std::vector<psabridge_str> names;
  std::vector<std::vector<Value>> values;
  std::vector<psabridge_record> records;
  psabridge_batch plain{};

  std::size_t index_of(std::string_view name) const {
    const auto at =
        std::ranges::lower_bound(names, name, {}, [](const psabridge_str& known) { return view(known); });
    return static_cast<std::size_t>(at - names.begin());
  }
};

namespace {

struct ReadField {
  std::string_view name;
  Value value;
};
struct ReadRecord {
  std::string_view connection, entity, source_id, version, custom;
  std::vector<ReadField> fields;
};

ReadField read_field(FormReader& form) {
  ReadField field{form.text(), null_value()};
  field.value.type = static_cast<psabridge_type>(form.number());
  if (has_text(field.value))
    field.value.as.text = borrow(form.text());
  else
    field.value.as.integer = static_cast<std::int64_t>(form.number());
  return field;
}

ReadRecord read_record(std::string_view bytes) {
  FormReader form(bytes);
  ReadRecord record;
  for (std::string_view* part :
       {&record.connection, &record.entity, &record.source_id, &record.version, &record.custom})
    *part = form.text();
  while (!form.at_end()) record.fields.push_back(read_field(form));
  return record;
}

}  // namespace

FormedRecords::FormedRecords(std::span<const psabridge_str> forms) : tables_(std::make_unique<Tables>()) {
  for (const psabridge_str& form : forms) tables_->bytes += view(form);
  std::vector<ReadRecord> read;
  std::set<std::string_view> names;
  std::string_view left = tables_->bytes;
  for (const psabridge_str& form : forms) {
    read.push_back(read_record(left.substr(1, form.size - 1)));
    left.remove_prefix(form.size);
    for (const ReadField& field : read.back().fields) names.insert(field.name);
  }
  for (const std::string_view name : names) tables_->names.push_back(borrow(name));
  tables_->values.assign(read.size(), std::vector<Value>(names.size(), null_value()));
  for (std::size_t i = 0; i < read.size(); ++i) {
    std::vector<Value>& values = tables_->values[i];
    for (const ReadField& field : read[i].fields) values[tables_->index_of(field.name)] = field.value;
    tables_->records.push_back({borrow(read[i].source_id),
                                borrow(read[i].version),
                                values.data(),
                                values.size(),
                                borrow(read[i].custom),
                                {}});
  }
  const ReadRecord first = read.empty() ? ReadRecord{} : read.front();
  tables_->plain = {sizeof(psabridge_batch), borrow(first.connection), borrow(first.entity),
                    tables_->names.data(),   tables_->names.size(),    tables_->records.data(),
                    tables_->records.size()};
}

FormedRecords::~FormedRecords() = default;

const psabridge_batch* FormedRecords::plain() const noexcept { return &tables_->plain; }

}  // namespace psabridge::plugin
