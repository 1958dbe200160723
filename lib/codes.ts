/**
 * The catalogue: every way a run or a record can end, by stable code, with what happened and what
 * to do about it. Programs may rely on the codes, people read the sentences. lib/CODES.md is
 * this file as a page.
 */

/** Process exit codes. 3 needs `--strict`; 130 and 143 are signals (`run/signals.ts`). */
export const exitCodes = { done: 0, failed: 1, usage: 2, rejected: 3 } as const

interface Entry {
  means: string
  /** What to do, as sentences that can stand at the end of a message. */
  hint: string
}

/** Codes of `Failure`, which ends a whole run, with the exit code it ends the process with. */
export const failureCodes = {
  usage: {
    exitCode: exitCodes.usage,
    means: 'an option, its value or a combination of them makes no sense',
    hint: 'The message names the option and what it expects.',
  },
  file_unreadable: {
    exitCode: exitCodes.usage,
    means: 'an input file cannot be read',
    hint: 'Look at its name and its permissions.',
  },
  output_exists: {
    exitCode: exitCodes.usage,
    means: 'an output file holds something already',
    hint: 'Name another file, or empty it with --force.',
  },
  state_locked: {
    exitCode: exitCodes.usage,
    means: 'another run works with the folder of --state',
    hint: 'Wait for it, stop it, or name another folder.',
  },
  state_mismatch: {
    exitCode: exitCodes.usage,
    means:
      'the run in the folder of --state was made of another input, other settings, or has lost rows',
    hint: 'The message names what differs. Put it back, begin anew in another folder, or go on with --force.',
  },
  state_damaged: {
    exitCode: exitCodes.usage,
    means: 'the folder of --state does not hold what a run leaves behind',
    hint: 'Bring back a copy of it, or begin anew in another folder.',
  },
  no_model_server: {
    exitCode: exitCodes.usage,
    means: 'no model server was named',
    hint: 'Give --base-url or set ULTRAIF_BASE_URL; run can do without one, but only with --yes.',
  },
  server_unreachable: {
    exitCode: exitCodes.failed,
    means: 'no server could be reached at the start',
    hint: 'See whether it is up and whether the URL is right: ultraif doctor.',
  },
  server_unusable: {
    exitCode: exitCodes.failed,
    means: 'a server answered at the start, but cannot be worked with',
    hint: 'The message says what it answered; a key may be missing, or the model.',
  },
  servers_lost: {
    exitCode: exitCodes.failed,
    means:
      'all servers were gone for longer than --deadline, or die of whatever they are asked',
    hint: 'Start one and run the command again.',
  },
  too_many_rejects: {
    exitCode: exitCodes.failed,
    means: 'more records failed than --max-rejects allows',
    hint: 'The message says what most of them failed of. Put that right, and run it again.',
  },
  pipeline_unusable: {
    exitCode: exitCodes.failed,
    means: 'the module of --pipeline, or what it made, cannot be used',
    hint: 'The message says what was expected of it.',
  },
  embedded_unavailable: {
    exitCode: exitCodes.failed,
    means: 'the embedded model could not be fetched, started or kept alive',
    hint: 'Follow the message, or name a server of your own with --base-url.',
  },
  write_failed: {
    exitCode: exitCodes.failed,
    means: 'rows could not be written: the disk is full, a file is gone or protected',
    hint: 'Make room or name another place. The lines before the last one are whole.',
  },
  accounting: {
    exitCode: exitCodes.failed,
    means: 'records are missing: in is not kept + filtered + rejected',
    hint: 'This is a bug in ultraif: please report it.',
  },
} as const satisfies { [code: string]: Entry & { exitCode: number } }
export type FailureCode = keyof typeof failureCodes

interface StageEntry extends Entry {
  /** Where it comes from: a stage, or `calls` for every stage that calls a model. */
  stage: string
}

/** Codes of `record.reject`: why a record could not go through. */
export const rejectCodes = {
  bad_json: {
    stage: 'parse',
    means: 'the line is not JSON',
    hint: 'Repair the line; if each line is a prompt, give --format text.',
  },
  bad_encoding: {
    stage: 'parse',
    means: 'the line is not valid UTF-8',
    hint: 'Convert the file, as with iconv -f latin1 -t utf-8.',
  },
  not_an_object: {
    stage: 'parse',
    means: 'the line is JSON but holds no object',
    hint: 'Write one object a line; of an array, with jq -c ".[]".',
  },
  unknown_format: {
    stage: 'parse',
    means: 'no known corpus shape fits the line',
    hint: 'Rename the field with the prompt to prompt or query, or give --format.',
  },
  bad_record: {
    stage: 'parse',
    means: 'the line looks like a record of ours but does not fit its schema',
    hint: 'Repair the field that the message names; the schema is ultraif/record.schema.json.',
  },
  line_too_long: {
    stage: 'parse',
    means: 'the line is longer than --max-line',
    hint: 'Give a larger --max-line.',
  },
  empty_query: {
    stage: 'parse',
    means: 'the prompt is empty',
    hint: 'Leave such lines out.',
  },
  bad_history: {
    stage: 'parse',
    means: 'the turns before the prompt cannot be put in order',
    hint: 'Repair the conversation; --turns first needs no history.',
  },
  no_user_turn: {
    stage: 'parse',
    means: 'the conversation has no user turn',
    hint: 'Leave such lines out, or rename the role that the user has.',
  },
  not_text: {
    stage: 'parse',
    means: 'the conversation holds images or other parts that are no text',
    hint: 'Leave such lines out.',
  },
  broken_file: {
    stage: 'parse',
    means: 'the file broke off in the middle',
    hint: 'Fetch or compress the file again; what came before is not lost.',
  },
  too_long: {
    stage: 'calls',
    means: "the prompt does not fit the model's context",
    hint: 'Serve the model with a longer context, or leave long prompts out.',
  },
  bad_request: {
    stage: 'calls',
    means: 'the server refused the request',
    hint: "The message is the server's own; ultraif doctor tells what it can do.",
  },
  unauthorized: {
    stage: 'calls',
    means: 'the server refused the key',
    hint: 'Set ULTRAIF_API_KEY, or the key of the role, as ULTRAIF_JUDGE_API_KEY.',
  },
  no_such_model: {
    stage: 'calls',
    means: 'the server does not know the model',
    hint: 'Name one that it serves, with --model or as --judge-model: ultraif doctor lists them.',
  },
  server_error: {
    stage: 'calls',
    means: 'the server failed, and failed again when asked again',
    hint: "Look into the server's log.",
  },
  poison_prompt: {
    stage: 'calls',
    means:
      'the server died each time it worked on the prompt, the last time alone with it',
    hint: "The server's log says what it died of; a newer release may not.",
  },
  overloaded: {
    stage: 'calls',
    means: 'the server stayed overloaded',
    hint: 'Give a smaller --concurrency, or more --retries.',
  },
  unreachable: {
    stage: 'calls',
    means: 'the server could not be reached',
    hint: 'See whether the server, or what stands before it, is up.',
  },
  deadline: {
    stage: 'calls',
    means: 'the call took longer than --deadline',
    hint: 'Give a longer --deadline or a smaller --max-tokens.',
  },
  aborted: {
    stage: 'calls',
    means: 'the run was stopped while the call was open',
    hint: 'Run it again.',
  },
  bad_response: {
    stage: 'calls',
    means: 'the server answered with something that is no completion',
    hint: 'See whether the URL is that of an OpenAI-compatible server: ultraif doctor.',
  },
  no_reply: {
    stage: 'decompose',
    means: 'the model answered with nothing',
    hint: 'A thinking model may think only: switch it off with --decompose-extra-body.',
  },
  truncated: {
    stage: 'decompose',
    means: 'the answer was cut at the token limit',
    hint: 'Give a larger --decompose-max-tokens.',
  },
  unusable_reply: {
    stage: 'decompose',
    means: 'the answer could not be read as what was asked for',
    hint: 'Look at "raw" in the reject; a larger model, or one that takes JSON Schema, does better.',
  },
  stage_error: {
    stage: 'any',
    means: 'a step of the pipeline threw, or made something that is no row',
    hint: 'The message is that of the step; in a recipe of your own, look there.',
  },
} as const satisfies { [code: string]: StageEntry }
export type RejectCode = keyof typeof rejectCodes

/** Codes of filtered records: went through and was not wanted. */
export const filterCodes = {
  no_questions: {
    stage: 'filter',
    means: 'nothing to judge by: no constraint and no pass',
    hint: 'Look at the notes of compose in the summary, which tell why passes failed.',
  },
  no_pass: {
    stage: 'filter',
    means: 'no response passes all questions',
    hint: 'More --samples, fewer --passes or a stronger model pass more often.',
  },
  no_pair: {
    stage: 'filter',
    means: 'no passing and failing response to set against each other',
    hint: 'More --samples, or a higher --temperature, differ more often.',
  },
  few_passes: {
    stage: 'filter',
    means: 'fewer passes of compose than --min-passes',
    hint: 'Give a smaller --min-passes, or more --compose-tries.',
  },
  no_constraints: {
    stage: 'filter',
    means: 'nothing was decomposed, so there is no composer row',
    hint: 'Plain prompts have no constraints: nothing is wrong.',
  },
  target_reached: {
    stage: 'run',
    means: 'was open, or read and not begun, when --target was reached',
    hint: 'A larger --target takes more of the input.',
  },
  dropped_by_pipeline: {
    stage: 'a custom stage',
    means: 'a custom stage let the record go',
    hint: 'Nothing is wrong if it was meant to.',
  },
} as const satisfies { [code: string]: StageEntry }
export type FilterCode = keyof typeof filterCodes

const ends: { [code: string]: Entry } = { ...rejectCodes, ...filterCodes }

/** How a record ended. Codes come from input too: `constructor` must not be taken for one of ours. */
export const entryOf = (code: string): Entry | undefined =>
  Object.hasOwn(ends, code) ? ends[code] : undefined

/** Names of the notes in the summary: what is worth a number and ended no record. */
export const noteCodes = {
  history_repaired: 'turns were joined or dropped to put a conversation in order',
  'parse.not_a_record':
    'a line with questions, responses or other fields of a record, but without its id and seed: it was read as a line of a corpus, and they were left out',
  'parse.stray_text':
    'a line of plain text in a file of JSON lines, often a piece of a torn one; it was taken for a prompt',
  'decompose.empty': 'a constraint without words',
  'decompose.not_removed':
    'a constraint that is still in the prompt said to be without it',
  'decompose.task_lost': 'a constraint whose removal took the task with it',
  'decompose.grown': 'a constraint whose removal made the prompt longer',
  'decompose.duplicate': 'a constraint found twice',
  'decompose.no_question': 'a constraint left out for want of a question of its own',
  'compose.empty': 'a try without a prompt',
  'compose.no_question': 'a try without a question',
  'compose.long_question': 'a try with a question too long for one',
  'compose.unchanged': 'a try that added nothing to the prompt',
  'compose.leaked':
    'a try that talks of the task of composing, or holds its own question',
  'compose.lost_task': 'a try that lost a part of the task',
  'compose.lost_constraint': 'a try that lost a constraint of the prompt',
  'compose.run_away': 'a try more than twice as long as the prompt',
  'compose.unrelated_question': 'a try whose question is not about what was added',
  'compose.duplicate_question': 'a try whose question is asked already',
  'compose.truncated': 'a try cut at the token limit',
  'compose.no_reply': 'a try that the model answered with nothing',
  'compose.unusable_reply': 'a try that could not be read',
  'compose.too_long': "a prompt too long for the model's context: it went on as it was",
  'judge.unknown': 'a verdict that was no clear yes or no',
  'judge.unjudged':
    'a record with no usable verdict on any response; it is filtered as no_pass',
  'retry.no_reject':
    'a record without a reject, given to --from-rejects: it was taken as it is',
  'retry.not_whole':
    'a reject that keeps too little of its record to be tried again: it stays one',
  'rows.dropped': 'a row that a custom stage behind filter let go; its record stays kept',
  'filter.unfair_pairs':
    'a record whose pairs were all refused: more than the verdicts sets them apart',
  'filter.system_left_out': 'a system prompt that the shape of the rows has no place for',
} as const satisfies { [name: string]: string }
