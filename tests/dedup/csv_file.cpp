#include "tests/dedup/csv_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/base/csv.h"
#include "core/base/error.h"

namespace psabridge::dedup_test {

CsvFile CsvFile::read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file.string() + " cannot be read");
  try {
    Csv csv = Csv::read(std::string(std::istreambuf_iterator<char>(stream), {}));
    CsvFile read{std::move(csv.columns), {}};
    read.rows.reserve(csv.rows.size());
    for (Csv::Row& row : csv.rows) read.rows.push_back(std::move(row.cells));
    return read;
  } catch (const Error& error) {
    throw std::runtime_error(file.string() + ": " + error.message());
  }
}

std::size_t CsvFile::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name);
  if (found == columns.end()) throw std::runtime_error("there is no column " + name);
  return static_cast<std::size_t>(found - columns.begin());
}

namespace {

/// Text, unless all cells that are filled are true or false, or lists in JSON.
FieldType type_of(const CsvFile& csv, std::size_t column) {
  const auto all = [&](const auto& holds) {
    bool any = false;
    for (const std::vector<std::string>& row : csv.rows) {
      if (row[column].empty()) continue;
      if (!holds(row[column])) return false;
      any = true;
    }
    return any;
  };
  if (all([](const std::string& cell) { return cell == "true" || cell == "false"; }))
    return FieldType::boolean;
  if (all([](const std::string& cell) { return cell.starts_with('[') && cell.ends_with(']'); }))
    return FieldType::json;
  return FieldType::text;
}

Value value_of(FieldType type, const std::string& cell) {
  if (cell.empty()) return null_value();
  if (type == FieldType::boolean) return bool_value(cell == "true");
  return type == FieldType::json ? json_value(cell) : text_value(cell);
}

/// "halo:4711" of the connection "halo" is 4711 there, as other columns name it.
std::string_view source_id_of(std::string_view id, std::string_view connection) {
  const bool named = id.starts_with(connection) && id.substr(connection.size()).starts_with(':');
  return named ? id.substr(connection.size() + 1) : id;
}

}  // namespace

std::unique_ptr<EntitySchema> schema_of(const CsvFile& csv, const CsvRecords& which) {
  auto schema = std::make_unique<EntitySchema>();
  schema->entity = which.entity;
  for (std::size_t column = 0; column < csv.columns.size(); ++column)
    if (column != which.id && column != which.connection &&
        std::ranges::find(which.hidden, column) == which.hidden.end())
      schema->fields.push_back({csv.columns[column], type_of(csv, column), {}});
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
      fields[f] = value_of(schema.fields[f].type, csv.rows[row][columns[f]]);
    }
    batch.records.push_back({borrow(source_id_of(csv.rows[row][which.id], batch.connection)),
                             {},
                             fields,
                             columns.size(),
                             borrow("{}"),
                             {}});
    batch.verdicts.emplace_back();
  }
  return batch;
}

}  // namespace psabridge::dedup_test
