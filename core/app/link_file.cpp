#include "core/app/link_file.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace psabridge::app {
namespace {

using Effect = ImportedLine::Effect;

/// Values of a list stand in one cell with semicolons between them; a semicolon of a value has a backslash.
std::vector<std::string> values_of(std::string_view cell) {
  std::vector<std::string> values;
  std::string value;
  const auto end_value = [&] {
    const std::size_t begin = value.find_first_not_of(' ');
    if (begin != std::string::npos)
      values.push_back(value.substr(begin, value.find_last_not_of(' ') - begin + 1));
    value.clear();
  };
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell[i] == '\\' && i + 1 < cell.size() && (cell[i + 1] == ';' || cell[i + 1] == '\\'))
      value += cell[++i];
    else if (cell[i] == ';')
      end_value();
    else
      value += cell[i];
  }
  end_value();
  return values;
}

std::string cell_of(const std::vector<std::string>& values) {
  std::string cell;
  for (const std::string& value : values) {
    if (!cell.empty()) cell += ';';
    for (const char c : value) cell += c == ';' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return cell;
}

bool read_active(const std::string& cell) {
  const std::string lowered = ascii_lowered(cell);
  for (const std::string_view yes : {"", "yes", "true", "1", "on"})
    if (lowered == yes) return true;
  for (const std::string_view no : {"no", "false", "0", "off"})
    if (lowered == no) return false;
  throw Error("PB1830", "The column active holds " + in_quotes(cell) + "; it takes yes or no.");
}

/// A column of the file.
struct Column {
  std::string_view name;
  bool needed;
  void (*read)(WrittenLink& link, const std::string& cell);  ///< null: it is not read into a link
  std::string (*write)(const store::Link& link, const std::string& client_name);
};

constexpr auto kColumns = std::to_array<Column>({
    {"connection", false, nullptr,
     [](const store::Link& link, const std::string&) { return link.connection; }},
    {"client", true, [](WrittenLink& link, const std::string& cell) { link.client = cell; },
     [](const store::Link& link, const std::string&) { return link.client; }},
    {"name", false, nullptr, [](const store::Link&, const std::string& client_name) { return client_name; }},
    {"team", true, [](WrittenLink& link, const std::string& cell) { link.team = cell; },
     [](const store::Link& link, const std::string&) { return link.team; }},
    {"types", false, [](WrittenLink& link, const std::string& cell) { link.types = values_of(cell); },
     [](const store::Link& link, const std::string&) { return cell_of(link.types); }},
    {"boards", false, [](WrittenLink& link, const std::string& cell) { link.boards = values_of(cell); },
     [](const store::Link& link, const std::string&) { return cell_of(link.boards); }},
    {"priorities", false,
     [](WrittenLink& link, const std::string& cell) { link.priorities = values_of(cell); },
     [](const store::Link& link, const std::string&) { return cell_of(link.priorities); }},
    {"sites", false, [](WrittenLink& link, const std::string& cell) { link.sites = values_of(cell); },
     [](const store::Link& link, const std::string&) { return cell_of(link.sites); }},
    {"since", false, [](WrittenLink& link, const std::string& cell) { link.since = cell; },
     [](const store::Link& link, const std::string&) { return link.since; }},
    {"until", false, [](WrittenLink& link, const std::string& cell) { link.until = cell; },
     [](const store::Link& link, const std::string&) { return link.until; }},
    {"active", false, [](WrittenLink& link, const std::string& cell) { link.active = read_active(cell); },
     [](const store::Link& link, const std::string&) { return std::string(link.active ? "yes" : "no"); }},
});

void check_columns(const std::vector<std::string>& columns) {
  std::vector<std::string_view> known(kColumns.size());
  std::ranges::transform(kColumns, known.begin(), &Column::name);
  for (const std::string& column : columns) {
    if (std::ranges::find(known, column) == known.end())
      throw Error("PB1830", "The first line names a column " + in_quotes(column) +
                                " that a file of links does not have." + did_you_mean(column, known));
    if (std::ranges::count(columns, column) > 1)
      throw Error("PB1830", "The first line names the column " + in_quotes(column) + " twice.");
  }
  for (const Column& column : kColumns)
    if (column.needed && std::ranges::find(columns, column.name) == columns.end())
      throw Error("PB1830", "The first line names no column " + in_quotes(column.name) +
                                ". It names the columns, at least: client,team");
}

/// "team desk becomes noc, switched on"
std::string difference(const store::Link& before, const store::Link& after) {
  std::string text;
  if (before.team != after.team) text = "team " + before.team + " becomes " + after.team;
  if (before.active != after.active)
    text += std::string(text.empty() ? "" : ", ") + (after.active ? "switched on" : "switched off");
  return text;
}

}  // namespace

LinkIntake& LinkImport::intake_of(const std::string& connection) {
  std::unique_ptr<LinkIntake>& intake = intakes_[connection];
  if (!intake) intake = std::make_unique<LinkIntake>(reader_, connection, now_);
  return *intake;
}

void LinkImport::take(const Csv& csv, const Csv::Row& row, ImportedLine& line) {
  WrittenLink written;
  std::string connection;
  for (std::size_t i = 0; i < csv.columns.size(); ++i) {
    const auto column = std::ranges::find(kColumns, csv.columns[i], &Column::name);
    if (column->read) column->read(written, row.cells[i]);
    if (column->name == "connection") connection = row.cells[i];
    if (column->name == "client") line.client = row.cells[i];
    if (column->name == "team") line.team = row.cells[i];
  }
  LinkIntake& intake = intake_of(connection_of_(connection));
  line.link = intake.read(written, "import");
  auto& same_client = seen_[{line.link.connection, line.link.client}];
  for (const auto& [earlier, link] : same_client)
    if (routing::same_limits(link, line.link))
      throw Error("PB1830", "Line " + std::to_string(earlier) + " is about the same link, to team " +
                                in_quotes(link.team) + ".");
  same_client.emplace_back(row.line, line.link);
  const store::Link* const stored = intake.standing(line.link);
  if (!stored) {
    line.effect = Effect::fresh;
    line.what = "new";
    return;
  }
  line.link.id = stored->id;
  line.what = difference(*stored, line.link);
  line.effect = line.what.empty() ? Effect::same : Effect::change;
  if (line.what.empty()) line.what = "same";
}

std::vector<ImportedLine> LinkImport::read(std::string_view text) {
  const Csv csv = Csv::read(text);
  check_columns(csv.columns);
  std::vector<ImportedLine> lines;
  lines.reserve(csv.rows.size());
  for (const Csv::Row& row : csv.rows) {
    ImportedLine& line = lines.emplace_back();
    line.line = row.line;
    try {
      take(csv, row, line);
    } catch (const Error& error) {
      line.effect = Effect::mistake;
      line.what = error.message();
    }
  }
  return lines;
}

std::string links_csv(const std::vector<std::pair<store::Link, std::string>>& links_and_client_names) {
  std::vector<std::string> cells(kColumns.size());
  std::ranges::transform(kColumns, cells.begin(),
                         [](const Column& column) { return std::string(column.name); });
  std::string text = csv_line(cells);
  for (const auto& [link, name] : links_and_client_names) {
    for (std::size_t i = 0; i < kColumns.size(); ++i) cells[i] = kColumns[i].write(link, name);
    text += csv_line(cells);
  }
  return text;
}

}  // namespace psabridge::app
