"""Calls without a media stream: `<Say>` and `<Gather>`, turn by turn."""

GATHER = """<Response>
  <Gather input="speech dtmf" action="/heard" numDigits="1" timeout="5" speechTimeout="auto">
    <Say>How was your day?</Say>
  </Gather>
  <Say>I heard nothing.</Say>
</Response>"""


async def test_what_the_person_says_comes_back_to_the_app(carrier, app):
    await carrier.persona("brief")
    app.answers["/voice"] = GATHER
    call = await carrier.call(app)
    (hook,) = await app.wait_for("/heard")
    seen = await carrier.ended(call.sid)
    assert hook.signed
    assert hook.params["SpeechResult"] == seen["said"][0]["text"] == seen["said_words"]
    assert float(hook.params["Confidence"]) > 0.9
    assert seen["heard_words"] == "How was your day?"


async def test_what_is_heard_so_far_is_told_while_somebody_speaks(carrier, app):
    await carrier.persona("brief")
    app.answers["/voice"] = GATHER.replace("<Gather ", '<Gather partialResultCallback="/so-far?turn=1" ')
    said = (await carrier.ended((await carrier.call(app)).sid))["said"][0]
    told = await app.wait_for("/so-far", 3)
    assert all(hook.signed for hook in told)
    # requests may overtake each other
    in_order = sorted((hook.params for hook in told), key=lambda params: int(params["SequenceNumber"]))
    assert [int(params["SequenceNumber"]) for params in in_order] == list(range(len(told)))
    assert len(told) == (said["end_ms"] - said["start_ms"] - 1) // 2_000
    for params in in_order:
        heard = f"{params['StableSpeechResult']} {params['UnstableSpeechResult']}"
        assert said["text"].startswith(heard)
        # at 150 words a minute it is five of them in two seconds; the last of them may be under way
        assert len(heard.split()) - 5 * (int(params["SequenceNumber"]) + 1) in {-1, 0}


async def test_turns_follow_each_other(carrier, app):
    await carrier.persona("brief")
    app.answers["/voice"] = GATHER
    answers = iter([GATHER.replace("How was your day?", "And what else?"), "<Response><Say>Goodbye.</Say></Response>"])

    async def next_answer(_form):
        return next(answers)

    app.answers["/heard"] = next_answer
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert [hook.params["SpeechResult"] for hook in app.of("/heard")] == [it["text"] for it in seen["said"]]
    assert seen["heard_words"] == "How was your day? And what else? Goodbye."
    starts = [it["start_ms"] for it in seen["said"]]
    prompts = [it["end_ms"] for it in seen["heard"]]
    assert prompts[0] < starts[0] < prompts[1] < starts[1]


async def test_a_pressed_key_comes_back_to_the_app(carrier, app):
    await carrier.persona("presses_9")
    app.answers["/voice"] = GATHER
    await carrier.call(app)
    (hook,) = await app.wait_for("/heard")
    assert hook.params["Digits"] == "9"
    assert "SpeechResult" not in hook.params


async def test_where_only_a_key_is_taken_somebody_presses_one_and_what_is_said_can_be_read(carrier, app):
    await carrier.persona("brief")
    app.answers["/voice"] = (
        """<Response><Gather numDigits="1" action="/heard"><Say>Press a key.</Say></Gather></Response>"""
    )
    app.answers["/heard"] = "<Response><Say>Your code is: 1, 2.</Say></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert [hook.params["Digits"] for hook in app.of("/heard")] == ["1"]
    assert seen["says"] == ["Press a key.", "Your code is: 1, 2."]
    assert seen["said"] == []


async def test_silence_runs_into_the_next_verb(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = GATHER
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == "How was your day? I heard nothing."
    assert app.of("/heard") == []


async def test_silence_is_told_where_the_app_asked_for_it(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = GATHER.replace("<Gather ", '<Gather actionOnEmptyResult="true" ')
    await carrier.call(app)
    (hook,) = await app.wait_for("/heard")
    assert not {"SpeechResult", "Digits"} & hook.params.keys()


async def test_somebody_who_talks_over_a_prompt_stops_it(carrier, app):
    await carrier.persona("interrupts_prompt")
    long = "This is a prompt that goes on and on and would take a good while to be read to its very end. " * 3
    app.answers["/voice"] = GATHER.replace("How was your day?", long)
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert 0 < len(seen["heard_words"]) < len(long) / 3
    assert app.of("/heard")[0].params["SpeechResult"].startswith("Sorry, I have to go")


async def test_somebody_who_breaks_off_is_gone(carrier, app):
    await carrier.persona("hangs_up_mid_sentence")
    app.answers["/voice"] = app.answers["/heard"] = GATHER
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["status"] == "completed"
    assert len(app.of("/heard")) == 1
    assert seen["said"][1]["end_ms"] is None
    half = seen["said_words"].removeprefix(seen["said"][0]["text"]).strip()
    assert half
    assert seen["said"][1]["text"].startswith(half)
    assert half != seen["said"][1]["text"]


async def test_a_verb_that_is_not_known_is_left_out(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = "<Response><Sing/><Say>Goodbye.</Say><Reject/><Say>Never said.</Say></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == "Goodbye."
    assert await carrier.codes() == [12200]


async def test_a_document_can_come_with_the_request(carrier, app):
    await carrier.persona("stays_silent")
    call = await carrier.call(app, url=None, twiml="<Response><Say>Only this.</Say></Response>")
    assert (await carrier.ended(call.sid))["heard_words"] == "Only this."
    assert app.of("/voice") == []


async def test_words_that_no_voice_can_say_are_noted_and_left_out(carrier, app):
    await carrier.persona("stays_silent")
    app.answers["/voice"] = f"<Response><Say>{'x' * 300}</Say><Say>Goodbye.</Say></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == "Goodbye."
    assert await carrier.codes() == [13520]


async def test_a_pause_is_silence_in_which_nobody_speaks(carrier, app):
    await carrier.persona("brief")
    app.answers["/voice"] = "<Response><Pause length='10'/><Say>How was your day?</Say><Pause length='3'/></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    (spoken,), (prompt,) = seen["said"], seen["heard"]
    assert 10_000 < prompt["end_ms"] < spoken["start_ms"]


async def test_a_prompt_of_several_sentences_is_heard_out(carrier, app):
    await carrier.persona("brief")
    sentences = "One. Two. Three. Four. Five."
    app.answers["/voice"] = f"<Response><Say>{sentences}</Say><Pause length='3'/></Response>"
    seen = await carrier.ended((await carrier.call(app)).sid)
    assert seen["heard_words"] == sentences
    assert seen["heard"][-1]["end_ms"] < seen["said"][0]["start_ms"]
