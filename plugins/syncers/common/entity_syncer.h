// What all syncers do alike: give the schema, refuse what has no usable id, tidy texts.
#pragma once
#include <algorithm>
#include <psabridge/plugin.hpp>
#include <string>
#include <string_view>

#include "common/draft.h"
#include "common/text.h"
#include "schema.h"

namespace psabridge::syncers {

/// Base of the syncers. Its schema is the schema.json beside the syncer, compiled in.
class EntitySyncer : public sdk::Syncer {
 public:
  std::string schema() final { return std::string(kSchema); }

  void refine(const sdk::Batch& records, sdk::Refinements& refinements) final {
    for (const sdk::Record record : records)
      if (const std::string_view fault = fault_of(record.source_id()); fault.empty())
        refine(record, refinements);
      else
        refinements.reject(record, fault, "PB1406");
  }

 protected:
  /// What only this entity needs; its texts are tidy already.
  virtual void complete(Draft& draft) { static_cast<void>(draft); }

 private:
  /// Why a record with this id cannot be kept; empty when it can.
  static std::string_view fault_of(std::string_view source_id) {
    if (source_id.empty())
      return "The source gave no id, so the record cannot be told from others. Look at the payload.";
    if (source_id.starts_with('-') && std::ranges::all_of(source_id.substr(1), is_digit))
      return "The id is negative: sources use such ids for \"nothing\", not for a record. Look at the "
             "payload.";
    return {};
  }

  void refine(const sdk::Record& record, sdk::Refinements& refinements) {
    Draft draft(record);
    for (std::size_t i = 0; i < record.batch().field_count(); ++i) tidy(draft, sdk::Field{i});
    complete(draft);
    draft.commit(refinements);
  }

  /// NUL characters and whitespace around a text say nothing, and would make equal texts differ.
  static void tidy(Draft& draft, sdk::Field field) {
    if (draft.record().value(field).type != PSABRIDGE_TYPE_TEXT) return;
    const std::string_view text = draft.record().text(field);
    if (text.find('\0') != std::string_view::npos)
      draft.set_text(field, std::string(trimmed(without_nul(text))));
    else if (const std::string_view tidied = trimmed(text); tidied.size() != text.size() || text.empty())
      draft.set_text(field, std::string(tidied));
  }
};

}  // namespace psabridge::syncers

/// The plugin of one entity's syncer.
#define PSABRIDGE_SYNCER(entity, syncer_class, summary)                                     \
  PSABRIDGE_PLUGIN("org.psabridge.syncer." entity, PSABRIDGE_VERSION, "psabridge", summary, \
                   ::psabridge::sdk::syncer<syncer_class>(entity, summary))
