/* Sizes and offsets of the FROZEN structs as plugins in the field have them. When one of these fails, the
 * contract has been broken: undo the change in abi.h. Compiled as C and as C++, on machines with pointers of
 * 64 bits. */
#ifndef PSABRIDGE_TESTS_FROZEN_LAYOUT_H
#define PSABRIDGE_TESTS_FROZEN_LAYOUT_H
#include <assert.h>
#include <psabridge/abi.h>

#define FROZEN_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type " has changed its size")
#define FROZEN_MEMBER(type, member, at) \
  static_assert(offsetof(type, member) == (at), #type "." #member " has moved")

FROZEN_SIZE(psabridge_str, 16);
FROZEN_MEMBER(psabridge_str, data, 0);
FROZEN_MEMBER(psabridge_str, size, 8);

FROZEN_SIZE(psabridge_status, 40);
FROZEN_MEMBER(psabridge_status, code, 0);
FROZEN_MEMBER(psabridge_status, retry_after_ms, 4);
FROZEN_MEMBER(psabridge_status, error_code, 8);
FROZEN_MEMBER(psabridge_status, message, 24);

FROZEN_SIZE(psabridge_value, 24);
FROZEN_MEMBER(psabridge_value, type, 0);
FROZEN_MEMBER(psabridge_value, as, 8);

FROZEN_SIZE(psabridge_record, 80);
FROZEN_MEMBER(psabridge_record, source_id, 0);
FROZEN_MEMBER(psabridge_record, version, 16);
FROZEN_MEMBER(psabridge_record, fields, 32);
FROZEN_MEMBER(psabridge_record, field_count, 40);
FROZEN_MEMBER(psabridge_record, custom, 48);
FROZEN_MEMBER(psabridge_record, raw, 64);

FROZEN_SIZE(psabridge_header, 32);
FROZEN_MEMBER(psabridge_header, name, 0);
FROZEN_MEMBER(psabridge_header, value, 16);

FROZEN_SIZE(psabridge_slice, 56);
FROZEN_MEMBER(psabridge_slice, source_id, 0);
FROZEN_MEMBER(psabridge_slice, version, 16);
FROZEN_MEMBER(psabridge_slice, text, 32);
FROZEN_MEMBER(psabridge_slice, flags, 48);

FROZEN_SIZE(psabridge_page, 32);
FROZEN_MEMBER(psabridge_page, next, 0);
FROZEN_MEMBER(psabridge_page, expected, 16);
FROZEN_MEMBER(psabridge_page, more, 24);
FROZEN_MEMBER(psabridge_page, requests, 28);

FROZEN_SIZE(psabridge_link, 32);
FROZEN_MEMBER(psabridge_link, client, 0);
FROZEN_MEMBER(psabridge_link, team, 16);

FROZEN_SIZE(psabridge_team, 56);
FROZEN_MEMBER(psabridge_team, name, 0);
FROZEN_MEMBER(psabridge_team, parent, 16);
FROZEN_MEMBER(psabridge_team, receives, 32);
FROZEN_MEMBER(psabridge_team, reserved, 36);
FROZEN_MEMBER(psabridge_team, open_tickets, 40);
FROZEN_MEMBER(psabridge_team, all_tickets, 48);

FROZEN_SIZE(psabridge_change, 96);
FROZEN_MEMBER(psabridge_change, id, 0);
FROZEN_MEMBER(psabridge_change, entity, 16);
FROZEN_MEMBER(psabridge_change, source_id, 32);
FROZEN_MEMBER(psabridge_change, fields, 48);
FROZEN_MEMBER(psabridge_change, expected, 64);
FROZEN_MEMBER(psabridge_change, tried_at, 80);

/* Growing tables keep the places of the members of version 1.0. */
FROZEN_MEMBER(psabridge_plugin, abi_major, 8);
FROZEN_MEMBER(psabridge_plugin, id, 16);
FROZEN_MEMBER(psabridge_plugin, role_count, 88);
FROZEN_MEMBER(psabridge_role, kind, 8);
FROZEN_MEMBER(psabridge_role, verbs, 64);
FROZEN_MEMBER(psabridge_role, destroy, 80);
FROZEN_MEMBER(psabridge_host, http, 16);
FROZEN_MEMBER(psabridge_host, log, 56);
FROZEN_MEMBER(psabridge_call, cancelled, 24);
FROZEN_MEMBER(psabridge_batch, records, 56);
FROZEN_MEMBER(psabridge_pull, cursor, 64);
FROZEN_MEMBER(psabridge_connector, get, 24);

/* Those of version 1.1. */
FROZEN_MEMBER(psabridge_host, token, 64);
FROZEN_MEMBER(psabridge_connector, sign_in, 32);
FROZEN_MEMBER(psabridge_connector, check, 40);
FROZEN_MEMBER(psabridge_finding, fix, 80);

/* Those of version 1.2. */
FROZEN_MEMBER(psabridge_connector, decode, 48);
FROZEN_MEMBER(psabridge_connector, webhooks, 56);
FROZEN_MEMBER(psabridge_connector, put_webhook, 64);
FROZEN_MEMBER(psabridge_connector, remove_webhook, 72);
FROZEN_MEMBER(psabridge_connector, test_webhook, 80);
FROZEN_MEMBER(psabridge_connector, webhook_log, 88);
FROZEN_MEMBER(psabridge_delivery, body, 8);
FROZEN_MEMBER(psabridge_event, key, 8);
FROZEN_MEMBER(psabridge_event, body, 104);
FROZEN_MEMBER(psabridge_event, record, 120);
FROZEN_MEMBER(psabridge_event, flags, 176);
FROZEN_MEMBER(psabridge_event_sink, event, 16);

/* Those of version 1.4. */
FROZEN_MEMBER(psabridge_connector, push, 96);
FROZEN_MEMBER(psabridge_push_sink, differs, 16);
FROZEN_MEMBER(psabridge_push_sink, done, 24);
FROZEN_MEMBER(psabridge_push_sink, refused, 32);

#endif
