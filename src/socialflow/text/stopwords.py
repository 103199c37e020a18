"""Words that say how a sentence is built and not what it is about, by language (ISO 639-1)."""

from collections.abc import Mapping, Sequence
from functools import cache

_WORDS: Mapping[str, str] = {
    "en": """a about above across after again against ago all almost alone along already also although always am
    among an and another any anybody anyone anything anyway are aren't around as ask at away back be became because
    become been before being below best better between both but by came can can't cannot come comes could couldn't
    did didn't do does doesn't doing don't done down during each either else enough even ever every everybody
    everyone everything few for from get gets getting give given gives go goes going gone gonna got had hadn't has
    hasn't have haven't having he he'd he'll he's her here here's hers herself hey him himself his how however i i'd
    i'll i'm i've if in instead into is isn't it it's its itself just keep kind know known last least less let let's
    like lot lots made make makes making many may maybe me mean might more most much must my myself near need never
    next no nobody none nor not nothing now of off oh ok okay on once one ones only onto or other others our ours
    ourselves out over own perhaps please put quite rather really said same say saying says see seem seems seen
    several shall she she'd she'll she's should shouldn't since so some somebody someone something soon still such
    take taken takes than that that's the their theirs them themselves then there there's these they they'd they'll
    they're they've thing things think this those though through thus to today together told tomorrow too took
    toward towards tried try two under until up upon us use used very via want wants was wasn't way we we'd we'll
    we're we've well went were weren't what what's when where whether which while who who's whole whom whose why
    will with within without won't would wouldn't yeah yes yesterday yet you you'd you'll you're you've your yours
    yourself yourselves dont im ive cant thats""",
    "de": """ab aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch
    auf aus bei beim bin bis bist da dabei dadurch daher damit dann daran darauf darin darum das dass dein deine
    deinem deinen deiner dem den denn der deren des dessen dich die dies diese diesem diesen dieser dieses dir doch
    dort du durch ein eine einem einen einer eines einfach einige einigen er es etwas euch euer eure für gegen
    gegenüber gehabt gibt ging habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren
    ihrer im immer in indem ins ist ja jede jedem jeden jeder jedes jetzt kann kein keine keinem keinen keiner
    können könnte lassen mache machen macht mal man manche mehr mein meine meinem meinen meiner mich mir mit muss
    müssen nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit selbst sich
    sie sind so solche soll sollte sondern sonst um und uns unser unsere unter viel viele vom von vor während war
    waren warum was weil weiter welche wenn wer werde werden wie wieder will wir wird wirst wo wollen worden wurde
    wurden würde würden zu zum zur zwar zwischen über""",
    "es": """a al algo alguna algunas alguno algunos ante antes aquel aquella así aunque bajo bien cada casi como
    con contra cual cuando cuanto de del desde donde dos durante e el él ella ellas ellos en entonces entre era eran
    eres es esa esas ese eso esos esta está están estas este esto estos estoy fue fueron gran ha había hace hacer
    han hasta hay he hoy la las le les lo los luego más me menos mi mí mientras mis mismo mucha muchas mucho muchos
    muy nada ni no nos nosotros nuestra nuestro nunca o os otra otras otro otros para pero poco por porque pues
    puede pueden que qué quien quién se sea según ser si sí sido siempre sin sobre solo sólo son soy su sus también
    tan tanto te tener tengo ti tiene tienen toda todas todo todos tu tú tus un una unas uno unos usted va vamos ver
    vez voy y ya yo""",
    "fr": """à afin ai aient ainsi alors après as assez au aucun aucune aujourd'hui aussi autre autres aux avait
    avant avec avez avoir avons beaucoup bien c'est ça car ce ceci cela celle celles celui ces cet cette ceux chaque
    chez comme comment dans de déjà depuis des donc dont du elle elles en encore entre es est et étaient était été
    être eu eux fait faire fois font fut ici il ils j'ai je juste l' la là le les leur leurs lors lui ma mais me
    même mes moi moins mon n'a n'est ne ni non nos notre nous on ont ou où par parce pas pendant peu peut peuvent
    plus plutôt pour pourquoi pouvoir puis qu'il quand que quel quelle quelles quels qui quoi rien s'est sa sans se
    sera ses si son sont sous sur suis ta tant te tes toi ton toujours tous tout toute toutes très trop tu un une va
    vers voici voilà voir vos votre vous y""",
    "it": """a abbiamo adesso agli ai al alla alle allo allora altra altre altri altro anche ancora avere aveva
    avuto bene c'è che chi ci ciò come con contro cosa così cui da dagli dai dal dalla dalle dallo degli dei del
    della delle dello dentro di dopo dove due durante e è ecco era erano essere fa fare fatto fino fra già gli ha
    hai hanno ho i il in io la le lei li lo loro lui ma mai me meno mentre mi mia mie miei mio molto ne negli nei
    nel nella nelle nello no noi non nostra nostro o ogni oggi oppure ora per perché però più poco poi prima proprio
    può qualche quale quando quanto quasi quella quelle quelli quello questa queste questi questo qui quindi sarà se
    sei sempre senza si sia siamo sono sta stata stato su sua subito sugli sui sul sulla suo suoi tanto te ti tra
    troppo tu tua tuo tutta tutte tutti tutto un una uno va vi voi""",
    "nl": """aan al alle alleen als altijd andere ben bij daar dan dat de deze die dit doch doen door dus een eens
    en er ge geen geweest haar had hadden hebben heb heeft hem het hier hij hoe hun iemand iets ik in is ja je kan
    kon kunnen maar me meer men met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds
    te tegen toch toen tot u uit uw van veel voor want waren was wat we weer wel werd wezen wie wij wil worden wordt
    zal ze zei zelf zich zij zijn zo zonder zou""",
    "pt": """à ainda além algo alguém algum alguma antes ao aos apenas aquela aquele aquilo as às assim até bem cada
    com como contra da das de dela dele deles depois desde desta deste disso do dos e é ela elas ele eles em
    enquanto então entre era eram essa esse esses esta está estamos estão estar estas estava este estes estou eu faz
    fazer foi foram for há hoje isso isto já la lhe lo mais mas me mesma mesmo meu meus minha minhas muita muito
    muitos na nada não nas nem nessa nesse nesta neste no nos nós nossa nosso num numa nunca o onde os ou outra
    outras outro outros para pela pelas pelo pelos pode podem pois por porque pouco pra pro quais qual quando quanto
    que quem se seja sem sempre ser será seu seus só sobre somos sou sua suas também tão tem têm tendo ter teve
    tinha toda todas todo todos tu tudo um uma umas uns vai vamos você vocês vou""",
    "id": """ada adalah agar akan aku anda antara apa atas atau bagi bahwa banyak baru beberapa belum bisa bukan
    dalam dan dapat dari dengan di dia hal hanya harus hingga ia ini itu jadi jika juga kami kamu karena kata ke
    kepada ketika kita lagi lain lalu lebih masih menjadi mereka namun oleh orang pada para per pula pun saat saja
    salah sampai sangat saya sebagai sebelum sebuah secara sejak sekarang semua seorang seperti serta sudah suatu
    tak tanpa telah tentang terhadap tersebut tetapi tidak untuk yaitu yang""",
    "hi": """अपना अपनी अपने अब अभी आदि आप इन इस इसका इसकी इसके इसे उन उनका उनकी उनके उस उसका उसकी उसके उसे एक और कर
    करना करने कहा का कि किया किसी की कुछ के को कोई क्या क्यों गई गए गया जब जा जाता जाती जाते जैसे जो तक तब तो था थी
    थे दिया दो न नहीं ने पर फिर बहुत भी में मैं यह यहाँ या ये रहा रही रहे लिए वह वहाँ वाला वाली वाले वे सब से हम हर
    ही हुआ हुई हुए है हैं हो होता होती होते होना""",
    "ar": """آن أحد أكثر ألا أم أما أن أنا أنت أو أي أيضا إذا إلا إلى إن إنه الآن التي الذي الذين اللي الى ان انا او
    اي بعد بعض بل بين تكون تلك ثم جدا حتى حول حين خلال دون ذلك ذا سوف على علي عليه عن عند عندما غير فإن فقط فوق في
    فيه فيها قبل قد كان كانت كل كما كم كنت كيف لا لأن لقد لكن لم لن له لها لهم لو ليس ما متى مع من منذ منه منها نحن
    هؤلاء هذا هذه هل هم هنا هناك هو هي و وأن وفي وقد ولا ولم وما ومن وهو وهي يا يكون""",
}

LANGUAGES: Sequence[str] = tuple(_WORDS)
"""Languages whose function words are known."""


@cache
def stop_words(language: str) -> frozenset[str]:
    """The function words of a language, lower-case; empty for one that is not in `LANGUAGES`."""
    return frozenset(_WORDS.get(language, "").split())


def guess_language(words: Sequence[str]) -> str | None:
    """The language whose function words are most of `words` (lower-case): a heuristic for a choice of stop words.

    None where none of them is known.

    >>> guess_language("el perro y la casa de mi hermana".split())
    'es'
    """
    found = {language: sum(word in stop_words(language) for word in words) for language in LANGUAGES}
    best = max(found, key=lambda language: found[language])
    return best if found[best] else None
