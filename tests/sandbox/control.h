// The control plane under /__sandbox/: what tests see and change behind the API's back.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/application.h"
#include "tests/sandbox/dataset.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/ledger.h"
#include "tests/sandbox/ticks.h"
#include "tests/sandbox/tokens.h"
#include "tests/sandbox/webhooks.h"

namespace sandbox {

// Thread-safe. Answers 400 with a sentence on what is wrong with a call; nothing is changed then.
class Control {
 public:
  Control(Dataset& data, Faults& faults, Ledger& ledger, VirtualClock& clock, Registration& registration,
          Tokens& tokens, Webhooks& webhooks)
      : data_(data),
        faults_(faults),
        ledger_(ledger),
        clock_(clock),
        registration_(registration),
        tokens_(tokens),
        webhooks_(webhooks) {}

  // `path` is what follows /__sandbox/.
  void handle(std::string_view method, std::string_view path, const Query& query, std::string_view body,
              Response& response);

 private:
  struct Mutation;

  void faults(const boost::json::object& request, Response& response);
  void clock(const boost::json::object& request, Response& response);
  void application(const boost::json::object& request, Response& response);
  void revoke(const boost::json::object& request, Response& response);
  void webhooks(const boost::json::object& request, Response& response);
  void mutate(const boost::json::object& request, Response& response);
  std::vector<std::int32_t> choose(const Mutation& mutation);
  void mutate_row(const Mutation& mutation, std::int32_t id, Ticks now);
  void mutate_note(const Mutation& mutation, std::int32_t ticket_id, Ticks now);
  void truth(const Query& query, Response& response) const;
  void note_truth(TextBuffer& out, std::int64_t& count) const;
  void row_truth(Entity entity, TextBuffer& out, std::int64_t& count) const;

  Dataset& data_;
  Faults& faults_;
  Ledger& ledger_;
  VirtualClock& clock_;
  Registration& registration_;
  Tokens& tokens_;
  Webhooks& webhooks_;
  std::int64_t mutations_ = 0;  // guarded by the data set's lock
};

}  // namespace sandbox
