// Rows as Halo's JSON: the list form, the single form and the answer to a POST.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "tests/sandbox/dataset.h"

namespace sandbox {

enum class Form {
  list,    // a row of a list
  single,  // GET /{id}: more members
  posted,  // the answer to a POST: as single, with the drifted key names (lastupdate, category1)
};

// What the query string asks to see of a row.
struct Shown {
  Form form = Form::list;
  bool ids_only = false;
  bool asset_fields = false;
  bool all_custom_fields = false;
  std::set<std::int32_t> custom_fields;  // ids asked for by include_custom_fields
  bool html_notes = false;
  ValueQuirks quirks;
};

// Lifetimes: borrows the data set, whose lock the caller holds (shared), and `shown`. Not thread-safe.
class Renderer {
 public:
  Renderer(const Dataset& data, const Shown& shown) : data_(data), shown_(shown) {}

  void row(TextBuffer& out, Entity entity, const Row& row) const;
  void note(TextBuffer& out, const Row& ticket, std::int32_t note_id) const;

 private:
  void members(RowWriter& out, Entity entity, const Row& row) const;
  void client(RowWriter& out, const Row& row) const;
  void client_details(RowWriter& out, const Row& row) const;
  void site(RowWriter& out, const Row& row) const;
  void site_details(RowWriter& out, const Row& row) const;
  void contact(RowWriter& out, const Row& row) const;
  void contact_details(RowWriter& out, const Row& row) const;
  void agent(RowWriter& out, const Row& row) const;
  void team(RowWriter& out, const Row& row) const;
  void asset(RowWriter& out, const Row& row) const;
  void asset_details(RowWriter& out, const Row& row) const;
  void ticket(RowWriter& out, const Row& row) const;
  void ticket_state(RowWriter& out, const Row& row) const;
  void ticket_people(RowWriter& out, const Row& row) const;
  void ticket_class(RowWriter& out, const Row& row) const;
  void ticket_dates(RowWriter& out, const Row& row) const;
  void ticket_work(RowWriter& out, const Row& row) const;
  void ticket_details(RowWriter& out, const Row& row) const;
  void note_author(RowWriter& out, const Row& ticket, std::int32_t note_id) const;

  bool detailed() const { return shown_.form != Form::list; }
  void headline(RowWriter& out, std::string_view key, Entity entity, const Row& row) const;
  void write_guid(RowWriter& out, std::string_view key, std::int64_t number) const;
  void guid(RowWriter& out, Entity entity, const Row& row) const;
  void name(RowWriter& out, std::string_view key, Entity entity, std::int32_t id) const;
  // The custom fields of the row that were asked for; left out of a list otherwise.
  void custom_fields(RowWriter& out, std::string_view table, Entity entity, const Row& row) const;
  void custom_value(TextBuffer& out, const struct CustomField& field, const Row& row) const;

  const Dataset& data_;
  const Shown& shown_;
};

}  // namespace sandbox
