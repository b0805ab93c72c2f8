// GET: lists with Halo's paging and envelopes, and single rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/sandbox/dataset.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/renderer.h"
#include "tests/sandbox/resources.h"
#include "tests/sandbox/selection.h"
#include "tests/sandbox/webhooks.h"

namespace sandbox {

// Thread-safe: takes the data set's lock itself.
class Reads {
 public:
  Reads(Dataset& data, Faults& faults, const VirtualClock& clock, Webhooks& webhooks)
      : data_(data), faults_(faults), clock_(clock), webhooks_(webhooks) {}

  void list(const Resource& resource, const Request& request, Response& response);
  // `id` is the path's last part, as sent.
  void single(const Resource& resource, std::string_view id, const Request& request, Response& response);
  void empty_list(const Resource& resource, Response& response);

 private:
  // The part of a selection that one answer shows.
  struct Page {
    bool numbered = false;
    std::int64_t number = 1;
    std::int64_t size = 0;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t total = 0;
  };
  struct NoteRef {
    const Row* ticket;
    std::int32_t note;
  };

  void list_rows(const Resource& resource, const Request& request, Response& response);
  void list_actions(const Resource& resource, const Request& request, Response& response);
  void list_lookup(const Resource& resource, Response& response);
  Page page_of(const Resource& resource, const Query& query, std::int64_t total, bool ids_only);
  template <typename WriteRow>
  void write_list(const Resource& resource, const Page& page, Response& response, WriteRow&& write_row);
  void open_envelope(const Resource& resource, std::string_view key, const Page& page, TextBuffer& out);
  void disturb(const Resource& resource, std::int64_t first_id);

  bool actions_are_scoped(const Query& query) const;
  std::vector<NoteRef> select_notes(const Query& query) const;
  void add_notes(const Row& ticket, const Query& query, std::vector<NoteRef>& notes) const;
  void single_row(const Resource& resource, std::int64_t id, const Request& request, Response& response);
  void single_action(std::int64_t id, const Request& request, Response& response);
  void single_lookup(const Resource& resource, std::string_view id, Response& response);
  Shown shown(const Resource& resource, const Query& query, Form form);

  Dataset& data_;
  Faults& faults_;
  const VirtualClock& clock_;
  Webhooks& webhooks_;
  Selections selections_;
};

}  // namespace sandbox
