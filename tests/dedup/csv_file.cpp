#include "tests/dedup/csv_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace psabridge::dedup_test {
namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string text) : text_(std::move(text)) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::size_t line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells;
    do cells.push_back(cell());
    while (take(','));
    take('\r');
    if (!at_end() && !take('\n')) throw std::runtime_error("text behind a quoted cell");
    ++line_;
    return cells;
  }

 private:
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  std::string cell() {
    if (take('"')) return quoted();
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string plain = text_.substr(at_, end - at_);
    at_ = end;
    return plain;
  }
  std::string quoted() {
    std::string cell;
    for (;; ++at_) {
      if (at_end()) throw std::runtime_error("a quoted cell without an end");
      if (text_[at_] == '"') {
        ++at_;
        if (at_end() || text_[at_] != '"') return cell;
      }
      if (text_[at_] == '\n') ++line_;
      cell += text_[at_];
    }
  }

  std::string text_;
  std::size_t at_ = 0, line_ = 1;
};

}  // namespace

CsvFile CsvFile::read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + " cannot be read");
  CsvReader reader({std::istreambuf_iterator<char>(stream), {}});
  CsvFile csv;
  try {
    csv.columns = reader.row();
    while (!reader.at_end()) {
      csv.rows.push_back(reader.row());
      if (csv.rows.back().size() != csv.columns.size()) throw std::runtime_error("another number of cells");
    }
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(file.string() + ", line " + std::to_string(reader.line()) + ": " + error.what());
  }
  return csv;
}

std::size_t CsvFile::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) throw std::runtime_error("there is no column " + name);
  return static_cast<std::size_t>(found - columns.begin());
}

std::unique_ptr<EntitySchema> schema_of(const CsvFile& csv, const CsvRecords& which) {
  auto schema = std::make_unique<EntitySchema>();
  schema->entity = which.entity;
  for (std::size_t column = 0; column < csv.columns.size(); ++column)
    if (column != which.id && column != which.connection &&
        std::ranges::find(which.hidden, column) == which.hidden.end())
      schema->fields.push_back({csv.columns[column], FieldType::text, {}});
  return schema;
}

Batch batch_of(const CsvFile& csv, const CsvRecords& which, const EntitySchema& schema, std::size_t from,
               std::size_t to) {
  std::vector<std::size_t> columns;
  for (const FieldSchema& field : schema.fields) columns.push_back(csv.column(field.name));
  Batch batch;
  batch.connection = which.connection == SIZE_MAX ? "csv" : csv.rows[from][which.connection];
  batch.schema = &schema;
  for (std::size_t row = from; row < to; ++row) {
    Value* const fields = batch.arena->make_array<Value>(columns.size());
    for (std::size_t f = 0; f < columns.size(); ++f) {
      const std::string& cell = csv.rows[row][columns[f]];
      fields[f] = cell.empty() ? null_value() : text_value(cell);
    }
    batch.records.push_back({borrow(csv.rows[row][which.id]), {}, fields, columns.size(), borrow("{}"), {}});
    batch.verdicts.emplace_back();
  }
  return batch;
}

}  // namespace psabridge::dedup_test
